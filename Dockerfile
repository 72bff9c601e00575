FROM python:3.13-slim-trixie AS build
COPY requirements.lock /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --requirement /requirements.lock \
    && /venv/bin/pip check

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 automation
COPY --from=build /venv /venv
WORKDIR /srv/automation
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BIND=0.0.0.0
USER 10001
ENTRYPOINT ["python", "-m", "app.cli"]
CMD ["start", "web"]
