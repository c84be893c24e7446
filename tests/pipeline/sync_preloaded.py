"""What is loaded before killed syncs are forked: their modules, and what boto3 reads for a client."""

from __future__ import annotations

import boto3
import botocore.session

from tests.pipeline import sync_in_a_process  # noqa: F401 -- loaded for the forks
from tests.s3_servers import create_loader_once

botocore.session.create_loader = create_loader_once
boto3.session.Session(aws_access_key_id="nobody", aws_secret_access_key="none").client(
    "s3", region_name="us-east-1"
).close()
