"""RFC 6455 as the Autobahn cases see it: the fuzzing client `kosoku` against an echo on the hub's protocol class."""

import kosoku

from hub.gateway.echo import create_echo_app

from .conftest import served

MESSAGE_LIMIT = 32 << 20  # the suite sends messages of 16 MiB
NO_COMPRESSION = ["12.*", "13.*"]


async def test_conformance() -> None:
    async with served(create_echo_app(MESSAGE_LIMIT, 2 * MESSAGE_LIMIT)) as port:
        results = await kosoku.run_fuzzingclient(f"ws://127.0.0.1:{port}/", exclude_cases=NO_COMPRESSION)
    assert len(results) > 250
    assert [(case.case_id, case.result) for case in results if not case.passed] == []
