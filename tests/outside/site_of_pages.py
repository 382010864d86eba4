"""A site of so many pages, each linked from another, for what is crawled again and again."""

import asyncio


async def serve(reader, writer, answer):
    """One connection: `answer(path)` is a coroutine that gives the page at a path, or None where there is none."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
            page = await answer(head.split(" ")[1])
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
    """A page that links to those of these numbers that are pages."""
    return "".join(f'<a href="{url(n)}">{n}</a>' for n in numbers if n < pages)


class Site:
    """Pages /0 to /PAGES-1; counts how often each is asked for, and takes `pause` seconds over each."""

    def __init__(self, pages, pause):
        self.pages, self.pause, self.asked = pages, pause, {}

    async def serve(self, reader, writer):
        """One connection."""
        await serve(reader, writer, self.answer)

    async def answer(self, path):
        """/N links to the next ten pages and to some known ones."""
        if not path[1:].isdigit() or int(path[1:]) >= self.pages:
            return None
        page = int(path[1:])
        self.asked[page] = self.asked.get(page, 0) + 1
        await asyncio.sleep(self.pause)
        return links([*(page * 10 + n for n in range(1, 11)), page // 10, (page * 7) % (page + 1)], self.pages)
