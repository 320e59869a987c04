"""The protocol: a tool that runs a query, a tool and resources that describe the tables."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import anyio
import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextContent,
    TextResourceContents,
    Tool,
    ToolAnnotations,
)

from tg_pipeline.mcp_server.tables import TABLES, WARNING, overview, table_page
from tg_pipeline.mcp_server.worker import (
    LIMITS,
    SECONDS,
    LakePlace,
    QueryWorker,
    query_worker,
)
from tg_pipeline.query.answers import MAX_CHARACTERS, MAX_ROWS, Answer, AnswerError
from tg_pipeline.query.session import columns_of

NAME: Final = "tg-pipeline"

OVERVIEW: Final = "tg-pipeline://tables"
"""The resource with all tables; that of one is below it."""

MARKDOWN: Final = "text/markdown"

DEFAULT_ROWS: Final = 100

INSTRUCTIONS: Final = (
    f"Tables of a Telegram bot's updates, read-only. Call `describe` before the first query: it "
    f"lists the tables and what their figures mean. {WARNING}"
)

QUERY_LIMITS: Final = (
    f"At most `max_rows` rows (by default {DEFAULT_ROWS}, no more than {MAX_ROWS:,}) and "
    f"{MAX_CHARACTERS:,} characters are returned; `truncated` says that there is more, so "
    f"aggregate in SQL. A query is stopped after {SECONDS} seconds, and has {LIMITS.memory} of "
    "memory."
)

QUERY: Final = (
    f"Run one SELECT in DuckDB's SQL on the tables, and return its rows. {QUERY_LIMITS} It can "
    "read the tables and nothing else: no file, no address, no extension. $timezone is the time "
    "zone of days and hours. A condition on context_date, where a table has it, makes a query "
    f"faster. {WARNING}"
)

DESCRIBE: Final = (
    "Return all tables and what their figures mean; with `table`, its columns with types and "
    "descriptions, and what it can't know."
)

_READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)

TOOLS: Final = (
    Tool(
        name="query",
        title="Query the tables in SQL",
        description=QUERY,
        annotations=_READS,
        input_schema={
            "type": "object",
            "properties": {
                "sql": {"type": "string", "description": "One SELECT, in DuckDB's SQL."},
                "max_rows": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_ROWS,
                    "default": DEFAULT_ROWS,
                },
            },
            "required": ["sql"],
        },
        output_schema={
            "type": "object",
            "properties": {
                "columns": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "type": {"type": "string"},
                            "description": {"type": ["string", "null"]},
                        },
                    },
                },
                "rows": {"type": "array", "items": {"type": "array"}},
                "truncated": {"type": "boolean"},
            },
            "required": ["columns", "rows", "truncated"],
        },
    ),
    Tool(
        name="describe",
        title="Describe the tables",
        description=DESCRIBE,
        annotations=_READS,
        input_schema={
            "type": "object",
            "properties": {"table": {"type": "string", "enum": list(TABLES)}},
        },
    ),
)

Context = ServerRequestContext[Any, Any]


def serve_stdio(place: LakePlace) -> None:
    """Serve a client on standard input and output until it closes them."""
    anyio.run(_serve_stdio, place)


async def _serve_stdio(place: LakePlace) -> None:
    with query_worker(place) as worker:
        server = build_server(worker)
        # While it is open, what is printed goes to standard error, not between the messages.
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())


def build_server(worker: QueryWorker) -> Server[Any]:
    """Build the server; its queries are run by `worker`."""
    return Server(
        NAME,
        version=version(NAME),
        instructions=INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=partial(_call_tool, worker),
        on_list_resources=_list_resources,
        on_read_resource=_read_resource,
    )


async def _list_tools(_context: Context, _params: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(tools=list(TOOLS))


async def _call_tool(
    worker: QueryWorker, _context: Context, params: CallToolRequestParams
) -> CallToolResult:
    call = _CALLS.get(params.name)
    if call is None:
        return _failed(f"There is no tool {params.name}: query and describe are there.")
    try:
        # A client that leaves does not wait for its query: the worker ends with the server.
        return await anyio.to_thread.run_sync(
            call, worker, params.arguments or {}, abandon_on_cancel=True
        )
    except AnswerError as error:
        return _failed(str(error))


def _query(worker: QueryWorker, arguments: dict[str, Any]) -> CallToolResult:
    sql, max_rows = arguments.get("sql"), arguments.get("max_rows", DEFAULT_ROWS)
    if not isinstance(sql, str):
        raise AnswerError("sql must be a text with one SELECT.")
    if type(max_rows) is not int or not 1 <= max_rows <= MAX_ROWS:
        raise AnswerError(f"max_rows must be a whole number from 1 to {MAX_ROWS:,}.")
    return _answered(worker.ask(sql, max_rows))


def _answered(answer: Answer) -> CallToolResult:
    content = asdict(answer)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(text=text)], structured_content=content)


def _describe(_worker: QueryWorker, arguments: dict[str, Any]) -> CallToolResult:
    table = arguments.get("table")
    if table is not None and not (isinstance(table, str) and table in TABLES):
        raise AnswerError(f"There is no table {table}: describe without a table lists them.")
    return CallToolResult(content=[TextContent(text=_page(table))])


_CALLS: Final[dict[str, Callable[[QueryWorker, dict[str, Any]], CallToolResult]]] = {
    "query": _query,
    "describe": _describe,
}


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=message)], is_error=True)


async def _list_resources(
    _context: Context, _params: PaginatedRequestParams | None
) -> ListResourcesResult:
    tables = [
        Resource(
            uri=f"{OVERVIEW}/{table.name}",
            name=table.name,
            description=table.description,
            mime_type=MARKDOWN,
        )
        for table in TABLES.values()
    ]
    described = "All tables, and what their figures mean."
    first = Resource(uri=OVERVIEW, name="tables", description=described, mime_type=MARKDOWN)
    return ListResourcesResult(resources=[first, *tables])


async def _read_resource(
    _context: Context, params: ReadResourceRequestParams
) -> ReadResourceResult:
    uri = str(params.uri)
    pages = {OVERVIEW: None} | {f"{OVERVIEW}/{name}": name for name in TABLES}
    if uri not in pages:
        raise MCPError(code=INVALID_PARAMS, message=f"There is no resource {uri}.")
    text = await anyio.to_thread.run_sync(_page, pages[uri])
    contents = TextResourceContents(uri=params.uri, text=text, mime_type=MARKDOWN)
    return ReadResourceResult(contents=[contents])


def _page(table: str | None) -> str:
    if table is None:
        return overview(f"The tool `query` runs one SELECT in DuckDB's SQL. {QUERY_LIMITS}")
    return table_page(TABLES[table], columns_of([TABLES[table]])[table])
