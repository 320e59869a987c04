"""Whatever a bot responds, reading its reply never fails."""

from hypothesis import given
from hypothesis import strategies as st

from lambda_ingest.synthetic.call_params import FORM, MULTIPART
from lambda_ingest.synthetic.replies import read_reply
from lambda_ingest.web.http_events import HttpResponse

CONTENT_TYPES = st.sampled_from(["", FORM, f"{MULTIPART}; boundary=b"]) | st.text().map(
    f"{MULTIPART}; boundary=".__add__
)
PIECES = [
    *(b"--b", b"--b--", b"\r\n", b"x", b"\xff", b"method=a&b=%ff", b'{"method": "a"}'),
    *(b'Content-Disposition: form-data; name="method"', b"Content-Type: message/rfc822"),
    *(b"Content-Disposition: form-data; name*=latin-1'en'%E4", b"Content-Type: multipart/mixed"),
    *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: x-uuencode"),
]
BODIES = st.binary() | st.lists(st.sampled_from(PIECES)).map(b"".join)


@given(CONTENT_TYPES, BODIES)
def test_any_response_is_a_reply_or_none(content_type: str, body: bytes) -> None:
    reply = read_reply(HttpResponse(200, body, {"Content-Type": content_type}))

    assert reply is None or isinstance(reply["method"], str)
