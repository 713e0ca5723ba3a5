# docker build --target core -t mtbench .        lexical metrics, statistics, leaderboards
# docker build --target full -t mtbench:full .   with COMET, models, data sets, languages, office files
FROM python:3.12-slim AS core
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY corpora corpora
COPY models models
COPY mtbench mtbench
RUN pip install --no-cache-dir . && mtbench --version
WORKDIR /work
ENTRYPOINT ["mtbench"]

FROM core AS full
WORKDIR /src
RUN pip install --no-cache-dir '.[comet,hf,ct2,data,text,office]' && mtbench doctor
WORKDIR /work
