# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/rectify
# The packages first: they change less often than the code.
COPY requirements.lock ./
RUN /opt/rectify/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /opt/rectify/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/rectify --create-home rectify
COPY --from=build /opt/rectify /opt/rectify
ENV PATH=/opt/rectify/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RECTIFY_DATA_DIR=/var/lib/rectify
USER rectify
WORKDIR /var/lib/rectify
ENTRYPOINT ["rectify"]
CMD ["--help"]
