# The serving image, and beside it the image that builds elections: docker build --target build .

FROM node:22-slim AS script
WORKDIR /frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY audit/ audit/
COPY domain/ domain/
COPY guardrails/ guardrails/
COPY app/ app/
COPY ingestion/ ingestion/
COPY evaluation/ evaluation/
# Editable, because templates and packs lie beside the code. No torch, no LlamaIndex: serving needs neither.
RUN pip install -c constraints.txt -e ".[postgres]"
COPY elections/ elections/
COPY frontend/templates/ frontend/templates/
COPY frontend/static/ frontend/static/
COPY frontend/messages/ frontend/messages/
COPY --from=script /frontend/dist/ frontend/dist/
RUN useradd --system --uid 10001 --no-create-home isegoria && install -d -o isegoria -g isegoria /data
ENV ISEGORIA_ELECTIONS=/srv/elections ISEGORIA_DATA=/data
VOLUME /data

FROM base AS build
RUN pip install -c constraints.txt -e ".[ingest]"
USER isegoria
ENTRYPOINT ["isegoria", "build"]
CMD ["demo"]

FROM base AS serve
USER isegoria
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["isegoria", "serve", "--host", "0.0.0.0", "--port", "8000"]
