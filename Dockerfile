# Two images: `serve` (the default; no torch) and `train`. Both run as user 10001; see docs/how-to/deploy-with-docker.md.

# The lists of requirements alone, so that another change of pyproject.toml does not install everything again.
FROM python:3.11-slim AS requirements
WORKDIR /lists
COPY pyproject.toml ./
RUN python -c "\
import pathlib, tomllib; \
file = tomllib.loads(pathlib.Path('pyproject.toml').read_text(encoding='utf-8')); \
project = file['project']; \
extras = project['optional-dependencies']; \
lists = {'build': file['build-system']['requires'], 'serve': project['dependencies'] + extras['serve'] + extras['remote'], 'train': extras['train'] + extras['demo']}; \
others = {name: [line for line in lines if not line.startswith('latentlink[')] for name, lines in lists.items()}; \
[pathlib.Path(f'{name}.txt').write_text('\n'.join(lines), encoding='utf-8') for name, lines in others.items()]"

# A virtual environment without pip in it; the base image's pip fills it, and compiles what it installs.
FROM python:3.11-slim AS venv
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_PYTHON=/opt/latentlink/bin/python \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv --without-pip /opt/latentlink
COPY constraints.txt ./

FROM venv AS serve-dependencies
COPY --from=requirements /lists/serve.txt ./
RUN pip install --constraint constraints.txt --requirement serve.txt

FROM serve-dependencies AS train-dependencies
# A plain torch on Linux brings gigabytes of CUDA; name an index of CPU wheels here to avoid it.
ARG TORCH_INDEX=
# Torch comes alone: what it needs is pinned to versions that such an index may not have.
RUN pip install --constraint constraints.txt --no-deps ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch
COPY --from=requirements /lists/train.txt ./
RUN pip install --constraint constraints.txt --requirement train.txt

# The project's own files, as a tree that is laid over the environment of either image.
FROM venv AS code
COPY --from=requirements /lists/build.txt ./
RUN pip install --constraint constraints.txt --requirement build.txt
COPY pyproject.toml README.md LICENSE ./
COPY app/ app/
COPY latentlink/ latentlink/
COPY models/ models/
RUN pip install --constraint constraints.txt --no-deps --no-build-isolation --prefix /code .

FROM python:3.11-slim AS runtime
LABEL org.opencontainers.image.title="Latentlink" \
      org.opencontainers.image.description="Link prediction behind HTTP" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/latentlink/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LATENTLINK_CHECKPOINTS=/checkpoints
# A new named volume takes the owner of the directory that it is mounted on.
RUN useradd --uid 10001 --user-group --no-create-home --no-log-init --shell /usr/sbin/nologin latentlink \
 && install --directory --owner=10001 --group=10001 /checkpoints

FROM runtime AS train
COPY --from=train-dependencies /opt/latentlink /opt/latentlink
COPY --from=code /code /opt/latentlink
USER 10001:10001
# Process 1 is not ended by a signal it does not handle; Python handles this one.
STOPSIGNAL SIGINT
ENTRYPOINT ["latentlink", "train"]
CMD ["--help"]

FROM runtime AS serve
ENV LATENTLINK_HOST=0.0.0.0 \
    LATENTLINK_PORT=8000
COPY --from=serve-dependencies /opt/latentlink /opt/latentlink
COPY --from=code /code /opt/latentlink
# The base image has no bytecode of the standard library, and a read-only root keeps none: write what a start imports.
RUN env --unset=PYTHONDONTWRITEBYTECODE python -c "import latentlink.app.cli, latentlink.app.main, encodings.idna, http.client, uvicorn.lifespan.on, uvicorn.loops.uvloop"
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['LATENTLINK_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["latentlink"]
CMD ["serve"]
