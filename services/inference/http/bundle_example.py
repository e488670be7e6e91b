"""Who is this? python example.py face.jpg, the crop of one face; needs ai-edge-litert and opencv-python-headless."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

labels = json.loads(Path("labels.json").read_bytes())
network = Interpreter("model.tflite")
network.allocate_tensors()
(pixels,), (people,) = network.get_input_details(), network.get_output_details()
picture = cv2.imread(sys.argv[1])
if picture is None:
    sys.exit(f"{sys.argv[1]} is no picture.")
size = int(pixels["shape"][1])
if Path("landmarks.tflite").exists():
    import face_mesh

    points = face_mesh.FaceMesh(Path("landmarks.tflite").read_bytes()).find(picture)
    crop = face_mesh.align(picture, points, size)
else:
    interpolation = cv2.INTER_AREA if len(picture) > size else cv2.INTER_LINEAR
    crop = cv2.cvtColor(cv2.resize(picture, (size, size), interpolation=interpolation), cv2.COLOR_BGR2RGB)
network.set_tensor(pixels["index"], crop[np.newaxis].astype(np.float32))
network.invoke()
(confidences,) = network.get_tensor(people["index"])
likeliest = int(confidences.argmax())
known = confidences[likeliest] >= labels["threshold"]
print(labels["people"][likeliest] if known else "unknown", f"{confidences[likeliest]:.4f}")
