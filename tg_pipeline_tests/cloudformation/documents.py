"""The template: as it is written, and as AWS's own transform makes plain CloudFormation of it.

Run as a module with a folder, it writes the transformed template there, and its shapes, for the
linters.
"""

import json
import sys
from pathlib import Path
from typing import Final

from boto3.session import Session
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from tg_pipeline_tests.cloudformation.shapes import Template, shape
from tg_pipeline_tests.fakes.aws import REGION

CHECKOUT: Final = Path(__file__).parents[2]
SOURCE: Final = CHECKOUT / "lambda_ingest" / "template.yaml"

PACKAGE: Final = ("packages", "ingest.zip")
"""The bucket and the key that `sam deploy` would have uploaded the function's code to."""

PARAMETERS: Final = {"BotId": "7"}
"""What has no default."""

SHAPES: Final[dict[str, dict[str, str]]] = {
    "single": {},
    "batch": {"Mode": "Batch"},
    "function-url": {"Endpoint": "FunctionUrl"},
    "everything": {
        "ChatIds": "-1001234567890",
        "ForwardSecretName": "my-bot/webhook",
        "AlarmEmail": "me@example.org",
        "BucketPrefix": "my-bot",
        "ReservedConcurrency": "20",
    },
}
"""What an operator can choose that changes which resources there are."""


def source() -> Template:
    """Give the template as it is written."""
    template: Template = yaml_parse(SOURCE.read_text())
    return template


def transformed() -> Template:
    """Give the template as CloudFormation gets it, once its code is uploaded."""
    template = source()
    bucket, key = PACKAGE
    function = template["Resources"]["IngestFunction"]
    function["Properties"]["CodeUri"] = f"s3://{bucket}/{key}"
    # No managed policies are named, so the transform needs no list of them from AWS.
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    made: Template = translator.translate(template, dict(PARAMETERS), passthrough_metadata=True)
    translator.metrics.publish()  # to nowhere; it would complain of them on its way out
    return made


def shaped(**parameters: str) -> Template:
    """Give the resources and outputs that there are with these parameters."""
    return shape(transformed(), PARAMETERS | parameters)


def main(folder: Path) -> None:
    """Write the transformed template into a folder, and its shapes."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {"transformed": transformed()}
    written |= {name: shaped(**chosen) for name, chosen in SHAPES.items()}
    for name, document in written.items():
        (folder / f"{name}.json").write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
