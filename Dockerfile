# syntax=docker/dockerfile:1
# A release names its digest (dist/images.txt): docker build --build-arg PYTHON=python:3.13-slim@sha256:...
ARG PYTHON=python:3.13-slim
FROM ${PYTHON} AS build
WORKDIR /src
RUN python -m venv /opt/rectify
# The packages first: they change less often than the code.
COPY requirements.lock ./
RUN /opt/rectify/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /opt/rectify/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON}
RUN useradd --system --uid 10001 --home-dir /var/lib/rectify --create-home rectify
COPY --from=build /opt/rectify /opt/rectify
ENV PATH=/opt/rectify/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RECTIFY_DATA_DIR=/var/lib/rectify
USER rectify
WORKDIR /var/lib/rectify
ENTRYPOINT ["rectify"]
CMD ["--help"]
