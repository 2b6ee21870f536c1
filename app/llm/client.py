"""Any server that speaks OpenAI's chat completions, within one limit of time and of bytes.

The limit of time holds for the whole exchange, so a server that sends a byte now and then gains nothing.
Redirects are not followed and no proxy of the environment is used: the key goes to the named server alone.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from app.llm.chat import ModelUnusable, content_of

MOST_BYTES = 65_536
"""Bytes of a reply that are read at most where one word is asked for."""
MOST_TOKENS = 16
"""Tokens that the model may write: the longest category id and some to spare."""


@dataclass(frozen=True)
class Server:
    """Where a model is served, such as `http://127.0.0.1:8081/v1`, and how long a call may take, in seconds."""

    url: str
    key: SecretStr | None
    timeout: float


class HttpWire:
    """Sends one body to the chat completions of a server; a connection is opened for each call and closed."""

    def __init__(self, server: Server, most_bytes: int = MOST_BYTES) -> None:
        self._url = server.url.rstrip("/") + "/chat/completions"
        self._key = server.key
        self._timeout = server.timeout
        self._most_bytes = most_bytes
        self._tls = httpx.create_ssl_context(trust_env=False)

    async def send(self, body: bytes) -> bytes:
        """The body of the reply. Raises ModelUnusable."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError) as error:
            raise ModelUnusable(f"no reply ({type(error).__name__})") from error

    async def _post(self, body: bytes) -> bytes:
        # `identity`, so that a small reply cannot unfold into a large one.
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._timeout) as client,
            client.stream("POST", self._url, content=body, headers=headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise ModelUnusable(f"status {response.status_code}")
            read = bytearray()
            async for part in response.aiter_raw():
                read += part
                if len(read) > self._most_bytes:
                    raise ModelUnusable("the reply is too long")
            return bytes(read)


class HttpChat:
    """A model that is asked for one word."""

    def __init__(self, server: Server, name: str) -> None:
        self._wire = HttpWire(server)
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    async def reply(self, instruction: str, text: str) -> str:
        """The content of the first choice. Raises ModelUnusable."""
        roles = (("system", instruction), ("user", text))
        body = {
            "model": self._name,
            "messages": [{"role": role, "content": content} for role, content in roles],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
        }
        return content_of(await self._wire.send(json.dumps(body, ensure_ascii=False).encode()))
