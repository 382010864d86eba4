"""A site of a given number of pages, each linked from another."""

import asyncio


async def serve(reader, writer, respond):
    """Serves one connection. `respond(path)` is a coroutine that returns the page at a path, or `None` if there is none."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
            page = await respond(head.split(" ")[1])
            status, body = ("404 Not Found", b"") if page is None else ("200 OK", page.encode())
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def links(numbers, pages, url="/{}".format):
    """Returns a page with a link to each of these numbers that is below `pages`."""
    return "".join(f'<a href="{url(n)}">{n}</a>' for n in numbers if n < pages)


class Site:
    """Pages `/0` to `/PAGES-1`. Counts how often each is requested; each takes `pause` seconds."""

    def __init__(self, pages, pause):
        self.pages, self.pause, self.requests = pages, pause, {}

    async def start(self):
        """Starts the server. Returns it and its port."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return server, server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        """Serves one connection."""
        await serve(reader, writer, self.respond)

    async def respond(self, path):
        """Returns page `/N`, with links to ten later pages and to some known ones."""
        if not path[1:].isdigit() or int(path[1:]) >= self.pages:
            return None
        page = int(path[1:])
        self.requests[page] = self.requests.get(page, 0) + 1
        await asyncio.sleep(self.pause)
        return links([*(page * 10 + n for n in range(1, 11)), page // 10, (page * 7) % (page + 1)], self.pages)

    def total(self):
        """Returns the number of requests for pages."""
        return sum(self.requests.values())

    def repeated(self):
        """Returns the number of requests for pages that had been requested before."""
        return self.total() - len(self.requests)
