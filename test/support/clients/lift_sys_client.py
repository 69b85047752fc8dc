"""An httpx-like caller with the habits of lift-sys: JSON POST, follows redirects, derives the health URL.

Arguments: the endpoint URL. Prints one JSON object: the answer, the hops, the health answer.
Standard library only.
"""

import http.client
import json
import sys
from urllib.parse import urljoin, urlsplit

MAX_REDIRECTS = 20


def send(method, url, body, headers):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    target = parts.path or "/"
    if parts.query:
        target += "?" + parts.query
    connection.request(method, target, body=body, headers=headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, response.getheader("Location"), content


def follow(method, url, body, headers):
    """A 303 turns the method into GET and drops the body, as browsers and httpx do."""
    hops = []
    for _ in range(MAX_REDIRECTS + 1):
        status, location, content = send(method, url, body, headers)
        hops.append(status)
        if status not in (301, 302, 303, 307, 308) or location is None:
            return hops, content
        url = urljoin(url, location)
        if status == 303:
            method, body = "GET", None
            headers = {k: v for k, v in headers.items() if not k.lower().startswith("content-")}
    raise SystemExit("too many redirects")


def health_url(endpoint):
    if "-generate.modal.run" in endpoint:
        return endpoint.replace("-generate.modal.run", "-health.modal.run")
    return endpoint.replace("/generate", "/health")


def main():
    endpoint = sys.argv[1]
    body = json.dumps({"prompt": "add two numbers", "schema": {"type": "object"}}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    hops, content = follow("POST", endpoint, body, headers)
    status, _, health = send("GET", health_url(endpoint), None, {})
    answer = json.loads(content)
    print(json.dumps({"hops": hops, "answer": answer, "health": [status, json.loads(health)]}))


main()
