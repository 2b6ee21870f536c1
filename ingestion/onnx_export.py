"""BERT weights as one ONNX graph: the sentence embedding (mean, L2 norm) or a classifier over it.

Built straight from the safetensors file with ONNX Runtime's fused operators, so neither
building nor serving needs torch. Parity with sentence-transformers is a test.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from app.errors import BuildError

Floats = NDArray[np.float32]
Axes = list[str | int]
_MS = "com.microsoft"
_HEADS = ("query", "key", "value")
"""What one matrix of a layer's attention holds side by side."""
_PARTS = ("by_average", "by_peak")
"""What a token adds through the mean and through the maximum; explanation, so it stays in float32."""


def export(model_dir: Path, target: Path) -> None:
    """Write the graph for the BERT model in `model_dir` to `target`.

    Inputs `ids` and `mask`: int32 [batch, tokens]. Output `embedding`: float32 [batch, width],
    unit length. Raises BuildError for another architecture.
    """
    config = json.loads((model_dir / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise BuildError(f"{model_dir / 'config.json'}: only BERT models with gelu can be exported")
    weights = load_file(str(model_dir / "model.safetensors"))
    graph = _Graph(weights, float(config["layer_norm_eps"]), int(config["num_attention_heads"]))
    graph.encoder(int(config["num_hidden_layers"]))
    graph.pooling()
    onnx.save(graph.model({"embedding": ["batch", int(config["hidden_size"])]}), str(target))


def export_classifier(weights: dict[str, Floats], layers: int, heads: int, epsilon: float, target: Path) -> None:
    """Write an encoder with a linear head over the mean and the maximum of its tokens, weights as int8.

    `weights` are those of a BERT encoder, `head.weight` [labels, 2 * width] and `head.bias`. Inputs as in
    `export`, without padding: all texts of one call are equally long. Outputs `logits`: float32 [batch, labels],
    and `parts`: float32 [batch, tokens, labels], what each token adds to them; with the bias they add up.
    """
    graph = _Graph(weights, epsilon, heads)
    graph.encoder(layers)
    graph.head()
    graph.parts()
    width = len(weights["head.bias"])
    _as_int8(graph.model({"logits": ["batch", width], "parts": ["batch", "tokens", width]}), target, _PARTS)


def export_encoder(weights: dict[str, Floats], layers: int, heads: int, epsilon: float, target: Path) -> None:
    """Write an encoder with inputs and output as in `export`, weights as int8."""
    graph = _Graph(weights, epsilon, heads)
    graph.encoder(layers)
    graph.pooling()
    width = weights["embeddings.word_embeddings.weight"].shape[1]
    _as_int8(graph.model({"embedding": ["batch", width]}), target)


def _as_int8(model: onnx.ModelProto, target: Path, exact: Sequence[str] = ()) -> None:
    """Write the model with its weights as int8, except those of the nodes that stay `exact`."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = target.with_suffix(".whole.onnx")
    onnx.save(model, str(whole))
    quantize_dynamic(
        str(whole),
        str(target),
        weight_type=QuantType.QInt8,
        per_channel=True,
        nodes_to_exclude=list(exact),
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    whole.unlink()


def read_classifier(source: Path) -> dict[str, Floats]:
    """The weights that `export_classifier` wrote, by the names that it takes; as exactly as int8 holds them."""
    found = {i.name: numpy_helper.to_array(i) for i in onnx.load(str(source)).graph.initializer}
    found["head.weight"] = np.concatenate([found.pop("head.average"), found.pop("head.peak")])
    weights: dict[str, Floats] = {}
    for name, value in found.items():
        plain = name.removesuffix("_quantized")
        if plain != name:
            value = (value.astype(np.float32) - found[f"{plain}_zero_point"]) * found[f"{plain}_scale"]
        if plain.endswith(("_scale", "_zero_point")):
            continue
        if plain.startswith("qkv"):
            layer, of = plain.removeprefix("qkv").removeprefix("_bias"), "bias" if "bias" in plain else "weight"
            for part, own in zip(_HEADS, np.split(value, len(_HEADS), axis=-1), strict=True):
                weights[f"encoder.layer.{layer}.attention.self.{part}.{of}"] = own.T
        elif plain.startswith(("embeddings.", "encoder.", "head.")):
            weights[plain] = value.T if plain.endswith(("dense.weight", "head.weight")) else value
    return weights


class _Graph:
    """Nodes and weights while the graph is put together."""

    def __init__(self, weights: dict[str, Floats], epsilon: float, heads: int) -> None:
        self.weights, self.epsilon, self.heads = weights, epsilon, heads
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def const(self, name: str, value: NDArray[np.generic]) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str, transpose: bool = False) -> str:
        value = self.weights[name]
        return self.const(name, value.T if transpose else value)

    def add(self, op: str, inputs: list[str], outputs: list[str], domain: str = "", **attributes: object) -> str:
        self.nodes.append(helper.make_node(op, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def encoder(self, layers: int) -> None:
        e = "embeddings."
        self.const("types", np.zeros((1, 1), dtype=np.int32))
        self.add("Shape", ["ids"], ["shape"])
        self.add("Expand", ["types", "shape"], ["segments"])
        names = ["word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm"]
        inputs = ["ids", "segments", *(self.weight(f"{e}{n}.weight") for n in names), self.weight(f"{e}LayerNorm.bias")]
        self.add("EmbedLayerNormalization", [*inputs, "mask"], ["hidden0", "lengths"], _MS, epsilon=self.epsilon)
        for n in range(layers):
            self._layer(n)
        self.hidden = f"hidden{layers}"

    def _layer(self, n: int) -> None:
        p, w = f"encoder.layer.{n}.", self.weights
        parts = [f"{p}attention.self.{x}" for x in _HEADS]
        qkv = self.const(f"qkv{n}", np.concatenate([w[f"{x}.weight"].T for x in parts], axis=1))
        bias = self.const(f"qkv_bias{n}", np.concatenate([w[f"{x}.bias"] for x in parts]))
        self.add("Attention", [f"hidden{n}", qkv, bias, "lengths"], [f"att{n}"], _MS, num_heads=self.heads)
        self.add("MatMul", [f"att{n}", self.weight(f"{p}attention.output.dense.weight", True)], [f"proj{n}"])
        self._skip(f"proj{n}", f"hidden{n}", f"{p}attention.output", f"mid{n}")
        self.add("MatMul", [f"mid{n}", self.weight(f"{p}intermediate.dense.weight", True)], [f"up{n}"])
        self.add("BiasGelu", [f"up{n}", self.weight(f"{p}intermediate.dense.bias")], [f"act{n}"], _MS)
        self.add("MatMul", [f"act{n}", self.weight(f"{p}output.dense.weight", True)], [f"down{n}"])
        self._skip(f"down{n}", f"mid{n}", f"{p}output", f"hidden{n + 1}")

    def _skip(self, value: str, residual: str, prefix: str, out: str) -> None:
        inputs = [value, residual]
        inputs += [self.weight(f"{prefix}.{x}") for x in ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")]
        self.add("SkipLayerNormalization", inputs, [out], _MS, epsilon=self.epsilon)

    def model(self, outputs: Mapping[str, Axes]) -> onnx.ModelProto:
        """All that was added, as a model with these outputs and their shapes."""
        return helper.make_model(
            helper.make_graph(
                self.nodes,
                next(iter(outputs)),
                [helper.make_tensor_value_info(n, TensorProto.INT32, ["batch", "tokens"]) for n in ("ids", "mask")],
                [helper.make_tensor_value_info(n, TensorProto.FLOAT, axes) for n, axes in outputs.items()],
                self.initializers,
            ),
            opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_MS, 1)],
            ir_version=9,
        )

    def head(self) -> None:
        """Mean and maximum over all tokens, side by side, then one linear layer."""
        self.add("ReduceMean", [self.hidden], ["average"], axes=[1], keepdims=0)
        self.add("ReduceMax", [self.hidden], ["peak"], axes=[1], keepdims=0)
        self.add("Concat", ["average", "peak"], ["pooled"], axis=1)
        inputs = ["pooled", self.weight("head.weight", True), self.weight("head.bias")]
        self.add("Gemm", inputs, ["logits"])

    def parts(self) -> None:
        """What each token adds to the head: its share of the mean, and of the maximum wherever it is the highest."""
        weight = self.weights["head.weight"].T
        width = len(weight) // 2
        by_average, by_peak = _PARTS
        self.add("Unsqueeze", ["peak", self.const("axis1", np.array([1], dtype=np.int64))], ["peaks"])
        self.add("Equal", [self.hidden, "peaks"], ["tops"])
        self.add("Cast", ["tops"], ["top"], to=TensorProto.FLOAT)
        self.add("Mul", [self.hidden, "top"], ["highest"])
        self.add("MatMul", ["highest", self.const("head.peak", weight[width:])], [by_peak], name=by_peak)
        self.add("MatMul", [self.hidden, self.const("head.average", weight[:width])], [by_average], name=by_average)
        self.add("Cast", ["mask"], ["ones"], to=TensorProto.FLOAT)
        self.add("ReduceSum", ["ones", "axis1"], ["tokens"])
        self.add("Unsqueeze", ["tokens", "axis1"], ["length"])
        self.add("Div", [by_average, "length"], ["average_parts"])
        self.add("Add", ["average_parts", by_peak], ["parts"])

    def pooling(self) -> None:
        """Mean over the tokens that the mask keeps, then unit length."""
        axis = self.const("axis1", np.array([1], dtype=np.int64))
        last = self.const("axis2", np.array([2], dtype=np.int64))
        self.add("Cast", ["mask"], ["maskf"], to=TensorProto.FLOAT)
        self.add("Unsqueeze", ["maskf", last], ["mask3"])
        self.add("Mul", [self.hidden, "mask3"], ["kept"])
        self.add("ReduceSum", ["kept", axis], ["sum"], keepdims=0)
        self.add("ReduceSum", ["mask3", axis], ["count"], keepdims=0)
        self.add("Div", ["sum", "count"], ["mean"])
        self.add("LpNormalization", ["mean"], ["embedding"], axis=1, p=2)
