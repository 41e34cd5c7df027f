# syntax=docker/dockerfile:1
# Front-end libraries → Python environment → a small image that runs as nobody in particular and holds no build tools.
FROM node:20-bookworm-slim AS web
WORKDIR /app
COPY package.json package-lock.json ./
COPY setup/vendor.sh setup/vendor.sha256 setup/apt.sh setup/
COPY web web
RUN setup/vendor.sh

FROM python:3.11-slim-bookworm AS python
WORKDIR /app
COPY requirements.txt requirements-build.txt pyproject.toml README.md ./
COPY setup/python.sh setup/apt.sh setup/
COPY riskmap riskmap
RUN setup/python.sh run && find .venv -name __pycache__ -prune -exec rm -rf {} +

FROM python:3.11-slim-bookworm
# pg_dump and pg_restore for `riskmap backup` and `riskmap restore`; of the same major version as the server in docker-compose.yml.
# Pango and a Chinese font for papers (PDF).
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client-15 libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk fontconfig \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin riskmap
WORKDIR /app
COPY --from=python /app/.venv .venv
COPY riskmap riskmap
COPY layers layers
COPY migrations migrations
COPY data data
COPY setup setup
COPY web web
COPY --from=web /app/web/vendor web/vendor
RUN mkdir var && chown riskmap var
USER 10001
ENV PATH=/app/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 RISKMAP_LOG_FORMAT=json
VOLUME /app/var
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=300s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["riskmap", "up", "--host", "0.0.0.0"]
