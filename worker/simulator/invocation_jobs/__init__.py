"""Model invocation jobs: batch inference over S3, moved on by the simulator's clock whenever somebody asks."""

from worker.simulator.invocation_jobs.jobs import InvocationJobs
from worker.simulator.invocation_jobs.routes import answer_about_jobs, is_about_jobs

__all__ = ["InvocationJobs", "answer_about_jobs", "is_about_jobs"]
