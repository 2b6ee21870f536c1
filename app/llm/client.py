"""Any server that speaks OpenAI's chat completions, asked once and within one limit of time and of bytes.

The limit of time holds for the whole exchange, so a server that sends a byte now and then gains nothing.
Redirects are not followed and no proxy of the environment is used: the key goes to the named server alone.
"""

from __future__ import annotations

import asyncio
import json

import httpx
from pydantic import SecretStr

from app.llm.chat import ModelUnusable

MOST_BYTES = 65_536
"""Bytes of a reply that are read at most; one word is asked for."""
MOST_TOKENS = 16
"""Tokens that the model may write: the longest category id and some to spare."""


class HttpChat:
    """A model behind a URL such as `http://127.0.0.1:8081/v1`; a connection is opened for each call and closed."""

    def __init__(self, url: str, name: str, key: SecretStr | None, timeout: float) -> None:
        """`timeout` is in seconds, for the whole call."""
        self._url = url.rstrip("/") + "/chat/completions"
        self._name = name
        self._key = key
        self._timeout = timeout
        self._tls = httpx.create_ssl_context(trust_env=False)

    @property
    def name(self) -> str:
        return self._name

    async def reply(self, instruction: str, text: str) -> str:
        """The content of the first choice. Raises ModelUnusable."""
        try:
            async with asyncio.timeout(self._timeout):
                return _content(await self._post(instruction, text))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            raise ModelUnusable(f"no reply ({type(error).__name__})") from error

    async def _post(self, instruction: str, text: str) -> bytes:
        roles = (("system", instruction), ("user", text))
        body = {
            "model": self._name,
            "messages": [{"role": role, "content": content} for role, content in roles],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
        }
        # `identity`, so that a small reply cannot unfold into a large one.
        headers = {"Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._timeout) as client,
            client.stream("POST", self._url, json=body, headers=headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise ModelUnusable(f"status {response.status_code}")
            read = bytearray()
            async for part in response.aiter_raw():
                read += part
                if len(read) > MOST_BYTES:
                    raise ModelUnusable("the reply is too long")
            return bytes(read)


def _content(body: bytes) -> str:
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ModelUnusable("the reply is no chat completion") from error
    if not isinstance(content, str):
        raise ModelUnusable("the reply holds no text")
    return content
