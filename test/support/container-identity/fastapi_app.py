"""A FastAPI application with the middleware, served by uvicorn on a free port, which it prints."""

import asyncio
import os
import sys

sys.path.insert(0, sys.argv[1])
os.environ.update(MODAL_TASK_ID="ta-fast", MODAL_REGION="us-east-1", MODAL_CLOUD_PROVIDER="CLOUD_PROVIDER_OCI")

import uvicorn  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from fastapi.responses import StreamingResponse  # noqa: E402
from tripmeter_asgi import TripmeterMiddleware  # noqa: E402

app = FastAPI()
app.add_middleware(TripmeterMiddleware)


@app.post("/")
async def generate(body: dict):
    await asyncio.sleep(0.02)
    return {"echo": body}


@app.get("/stream")
async def stream():
    async def parts():
        for part in range(3):
            yield f"data: {part}\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(parts(), media_type="text/event-stream")


@app.get("/broken")
async def broken():
    raise RuntimeError("mine")


class Announcing(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical")
Announcing(config).run()
