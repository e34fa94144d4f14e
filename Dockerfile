# credmatch with the weights of its sentence model and PyTorch for the processor alone: about 1.6 GB.
#
#   docker build -t credmatch .
#   docker run --rm -p 127.0.0.1:8080:8080 -e CREDMATCH_ACCESS_TOKEN=... -v credmatch:/data credmatch

FROM python:3.12-slim-bookworm AS build
WORKDIR /app
COPY pyproject.toml requirements.lock requirements-run.lock README.md app.py ./
COPY tools/ tools/
COPY matcher/ matcher/
COPY indexer/ indexer/
COPY migrations/ migrations/
RUN python tools/environment.py --image

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --no-create-home credmatch \
 && install --directory --owner credmatch --mode 0700 /data
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    CREDMATCH_DATA_DIR=/data \
    CREDMATCH_HOST=0.0.0.0 \
    CREDMATCH_LOG_FORMAT=json
USER credmatch
WORKDIR /data
VOLUME /data
EXPOSE 8080
# Without CREDMATCH_ACCESS_TOKEN it refuses to be reached from outside its container, and says so.
CMD ["credmatch", "serve"]
