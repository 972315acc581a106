"""Runs inside Ray: takes jobs through all that a `JobSubmissionClient` can ask, and prints the answers as JSON.

A program of its own, because Ray reads its environment once, when it is imported. The headers to present are in the
environment, because tokens are on no command line.
"""

import asyncio
import json
import os
import sys

from ray.exceptions import RayError
from ray.job_submission import JobDetails, JobSubmissionClient
from support.process import wait_for

SECONDS = 60
# Ray may know a job again after it was deleted, so each run has names of its own.
FIRST, SECOND, NOBODY = (f"{sys.argv[2]}-{which}" for which in ("first", "second", "nobody"))


def take_through(client: JobSubmissionClient) -> dict[str, object]:
    return {
        "version": client.get_version(),
        "submit": client.submit_job(entrypoint="echo hi", submission_id=FIRST, metadata={"of": "interop"}),
        "ends": ended(client, FIRST),
        "info": facts(client.get_job_info(FIRST)),
        "logs": "hi" in client.get_job_logs(FIRST),
        "tail": "hi" in asyncio.run(tail(client, FIRST)),
        "submit a long one": client.submit_job(entrypoint="sleep 1000", submission_id=SECOND),
        "runs": wait_for("the job runs", lambda: client.get_job_status(SECOND) == "RUNNING", SECONDS),
        "delete while it runs": failure(lambda: client.delete_job(SECOND)),
        "stop": client.stop_job(SECOND),
        "is stopped": ended(client, SECOND),
        "stop what is done": client.stop_job(FIRST),
        "list": sorted(job.submission_id for job in client.list_jobs() if (job.submission_id or "") in (FIRST, SECOND)),
        "delete": client.delete_job(FIRST),
        "info of none": failure(lambda: client.get_job_info(FIRST)),
        "logs of none": failure(lambda: client.get_job_logs(NOBODY)),
        "stop none": failure(lambda: client.stop_job(NOBODY)),
        "tidy up": client.delete_job(SECOND),
    }


def ended(client: JobSubmissionClient, job: str) -> str:
    def status() -> str | None:
        status = client.get_job_status(job)
        return status.value if status.is_terminal() else None

    return wait_for(f"{job} ends", status, SECONDS)


def facts(job: JobDetails) -> dict[str, object]:
    """What does not depend on where it runs, and when."""
    return {
        "type": job.type.value,
        "status": job.status.value,
        "entrypoint": job.entrypoint,
        "metadata": job.metadata,
        "runtime_env": job.runtime_env,
        "is timed": 0 < job.start_time <= job.end_time,
    }


async def tail(client: JobSubmissionClient, job: str) -> str:
    return "".join([lines async for lines in client.tail_job_logs(job)])


def failure(ask) -> str:
    """The first line of what an error says; others may be the server's traceback."""
    try:
        return f"no failure: {ask()}"
    except RuntimeError as error:
        return str(error).splitlines()[0]


try:
    headers = json.loads(os.environ["INTEROP_JOB_HEADERS"])
    report = {"answers": take_through(JobSubmissionClient(sys.argv[1], headers=headers))}
except RayError as error:
    report = {"error": f"{type(error).__module__}.{type(error).__qualname__}", "text": str(error)}
print(json.dumps(report))
