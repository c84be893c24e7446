"""What is loaded before processes are forked for tests: modules, and what boto3 reads for a client."""

from __future__ import annotations

import gc

import boto3
import botocore.session
import pytest  # noqa: F401 -- most of their functions are in a test's module

from tests.pipeline import (  # noqa: F401 -- loaded for the forks
    issue_in_a_process,
    publish_in_a_process,
    sync_in_a_process,
)
from tests.room import served_in_a_process  # noqa: F401 -- as above
from tests.s3_servers import create_loader_once

botocore.session.create_loader = create_loader_once
boto3.session.Session(aws_access_key_id="nobody", aws_secret_access_key="none").client(
    "s3", region_name="us-east-1"
).close()
gc.freeze()  # a collection in a fork would copy all of it
