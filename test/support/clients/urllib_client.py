"""Python's urllib with nothing set: POST, which its redirect handler turns into GET at a 303.

Arguments: the URL. Prints one JSON object: status, final URL's path, body.
"""

import json
import sys
import urllib.error
import urllib.request

request = urllib.request.Request(
    sys.argv[1],
    data=json.dumps({"prompt": "p", "schema": {}}).encode(),
    headers={"Content-Type": "application/json"},
)
try:
    with urllib.request.urlopen(request, timeout=30) as response:
        print(json.dumps({"status": response.status, "url": response.url, "body": json.load(response)}))
except urllib.error.HTTPError as error:
    print(json.dumps({"status": error.code, "url": error.url, "body": error.read().decode()}))
