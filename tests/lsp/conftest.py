from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from editor import Editor


@pytest_asyncio.fixture
async def editor() -> AsyncIterator[Editor]:
    """A client that has not begun; its server, if it did begin, is ended in good order."""
    client = Editor()
    yield client
    await client.end()
