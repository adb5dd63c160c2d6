# syntax=docker/dockerfile:1
# One image for web, worker, beat, migrations and the simulator: docker-compose.yml says which command runs.

FROM python:3.12-slim-trixie AS build
WORKDIR /source
RUN python -m venv --without-pip /opt/skuscribe
# What is installed is what the lock names, byte for byte; nothing is compiled.
COPY requirements.lock ./
RUN pip --python /opt/skuscribe/bin/python install --no-cache-dir --disable-pip-version-check \
    --require-hashes --only-binary :all: --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY templates templates
COPY jobs jobs
COPY worker worker
COPY outputs outputs
COPY console console
RUN pip --python /opt/skuscribe/bin/python install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.12-slim-trixie
# The volumes take over who owns these folders when they are first mounted.
RUN groupadd --gid 10001 skuscribe \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/skuscribe --shell /usr/sbin/nologin skuscribe \
    && install --directory --owner=skuscribe --group=skuscribe /var/lib/skuscribe /files
COPY --from=build /opt/skuscribe /opt/skuscribe
ENV PATH=/opt/skuscribe/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SKUSCRIBE_HOME=/var/lib/skuscribe
# Celery looks for modules where it stands: nobody can write there.
WORKDIR /
USER 10001:10001
CMD ["skuscribe", "--help"]
