# One image, one role per container:  docker run IMAGE web | worker | ticker | run
# Production sets DATABASE_URL, REDIS_URL and SECRET_KEY, the same for all roles; `run` alone needs none of them.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/ledgerline
ENV PATH=/opt/ledgerline/bin:$PATH
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY workers workers
COPY simulators simulators
RUN pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/ledgerline --create-home ledgerline
COPY --from=build /opt/ledgerline /opt/ledgerline
ENV PATH=/opt/ledgerline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    LEDGERLINE_HOME=/var/lib/ledgerline \
    HOST=0.0.0.0 \
    PORT=8000
USER ledgerline
WORKDIR /var/lib/ledgerline
VOLUME /var/lib/ledgerline
EXPOSE 8000
# SIGTERM lets a worker finish the batch in hand: give it 35 s before it is killed (docker stop --time 35).
STOPSIGNAL SIGTERM
# For the roles that serve the web; start a worker or a ticker with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=2)"]
ENTRYPOINT ["ledgerline"]
CMD ["run"]
