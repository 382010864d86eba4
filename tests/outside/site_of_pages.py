"""A site of so many pages, each linked from another, for what is crawled again and again."""

import asyncio


class Site:
    """Pages /0 to /PAGES-1; counts how often each is asked for, and takes `pause` seconds over each."""

    def __init__(self, pages, pause):
        self.pages, self.pause, self.asked = pages, pause, {}

    async def serve(self, reader, writer):
        """One connection: /N links to the next ten pages and to some known ones."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                path = head.split(" ")[1]
                status, body = "404 Not Found", b""
                if path[1:].isdigit() and int(path[1:]) < self.pages:
                    page = int(path[1:])
                    self.asked[page] = self.asked.get(page, 0) + 1
                    await asyncio.sleep(self.pause)
                    links = [page * 10 + n for n in range(1, 11)] + [page // 10, (page * 7) % (page + 1)]
                    body = "".join(f'<a href="/{n}">{n}</a>' for n in links if n < self.pages).encode()
                    status = "200 OK"
                writer.write(
                    f"HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
