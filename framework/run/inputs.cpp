// SPDX-License-Identifier: Apache-2.0
#include "run/inputs.h"

#include <fmt/format.h>

#include "base/sha256.h"
#include "check/evaluator_kind.h"
#include "document/document.h"
#include "run/scope.h"
#include "schema/constraints.h"
#include "schema/dataset.h"
#include "tensor/generate.h"
#include "tensor/safetensors.h"

namespace fitest {
namespace {

// Bumped whenever a generator gives other numbers than before.
constexpr const char* kGeneratorVersion = "inputs-1";

GeneratorKey key_for(const InputRequest& request, const std::string& input) {
  return {request.seed, request.definition.name, request.workload.uuid, input, request.trial};
}

// Members of a generated input: numbers, texts, and axis names, which become their values.
GeneratorSpec generator_spec(const InputSpec& input, const AxisValues& axes) {
  GeneratorSpec spec{input.generator, {}, {}};
  for (const auto& [name, value] : input.parameters) {
    if (value.is_number()) {
      spec.numbers[name] = value.number();
    } else if (value.is_string() && axes.contains(value.string())) {
      spec.numbers[name] = static_cast<double>(axes.at(value.string()));
    } else if (value.is_string()) {
      spec.texts[name] = value.string();
    } else {
      fail(ErrorKind::Input, fmt::format("parameter '{}' is {}, expected a number, a text or an "
                                         "axis name",
                                         name, describe(value.type())));
    }
  }
  return spec;
}

std::filesystem::path blob_path(const InputRequest& request, const InputSpec& input) {
  std::filesystem::path path = resolve_inside(request.root, input.path);
  if (!std::filesystem::exists(path)) {
    fail(ErrorKind::Environment,
         fmt::format("the file {} is missing: fetch the dataset's blobs, or generate the input "
                     "({{type: …}}) instead",
                     path.string()));
  }
  return path;
}

Tensor read_blob(const InputRequest& request, const InputSpec& input, const TensorSpec& declared,
                 const Shape& shape) {
  const std::filesystem::path path = blob_path(request, input);
  Tensor tensor = read_safetensor(path, input.tensor_key);
  if (tensor.dtype() != declared.dtype || tensor.shape() != shape) {
    fail(ErrorKind::Input,
         fmt::format("{}: tensor '{}' is {} {}, the definition and axes say {} {}", path.string(),
                     input.tensor_key, name_of(tensor.dtype()), to_string(tensor.shape()),
                     name_of(declared.dtype), to_string(shape)));
  }
  return tensor;
}

// Upstream gives everything that a workload does not mention random values.
InputSpec spec_for(const InputRequest& request, const std::string& name) {
  const InputSpec* found = request.workload.find_input(name);
  if (found != nullptr) return *found;
  InputSpec random;
  random.name = name;
  random.range = request.workload.range;
  return random;
}

NamedTensor make_scalar(const InputRequest& request, const TensorSpec& declared,
                        const InputSpec& input) {
  NamedTensor result{declared.name, {}, true, input.scalar};
  if (input.kind == InputKind::Random) {
    result.scalar_value = generate_random_scalar(declared.dtype, key_for(request, declared.name));
  } else if (input.kind == InputKind::Safetensors) {
    result.tensor = read_blob(request, input, declared, {});
    result.scalar_value = element_as_double(result.tensor, 0);
    return result;
  } else if (input.kind == InputKind::Generated) {
    fail(ErrorKind::Input, fmt::format("a scalar cannot be generated as '{}': write {{type: "
                                       "scalar, value: …}}",
                                       input.generator));
  }
  result.tensor = scalar_tensor(declared.dtype, result.scalar_value);
  return result;
}

Tensor make_tensor(const InputRequest& request, const TensorSpec& declared, const InputSpec& input,
                   const AxisValues& axes) {
  const Shape shape = shape_of(declared, axes);
  const GeneratorKey key = key_for(request, declared.name);
  switch (input.kind) {
    case InputKind::Safetensors:
      return read_blob(request, input, declared, shape);
    case InputKind::Generated:
      return generate(generator_spec(input, axes), declared.dtype, shape, key);
    case InputKind::Scalar:
      fail(ErrorKind::Input, "a scalar value for a tensor: the definition gives it a shape");
    case InputKind::Random:
      break;
  }
  // flashinfer-bench draws probabilities for samplers as a softmax of normal logits.
  if (request.definition.op_type == "sampling" && declared.name == "probs") {
    return generate({"softmax", {}, {}}, declared.dtype, shape, key);
  }
  // It packs random keys for the DSA top-k indexer as deep_gemm reads them.
  if (choose_evaluator(request.definition) == EvaluatorKind::DsaTopK &&
      declared.name == "k_index_cache_fp8" && request.workload.find_input(declared.name)) {
    return generate({"deep_gemm_fp8_cache", {}, {}}, declared.dtype, shape, key);
  }
  return generate_random(declared.dtype, shape, key);
}

NamedTensor make_input(const InputRequest& request, const TensorSpec& declared,
                       const AxisValues& axes) {
  const InputSpec input = spec_for(request, declared.name);
  try {
    if (!declared.shape) return make_scalar(request, declared, input);
    return {declared.name, make_tensor(request, declared, input, axes), false, 0};
  } catch (const Error& error) {
    fail_at(error.kind(), request.workload.source, input.range,
            fmt::format("input '{}' of workload {}: {}", declared.name, request.workload.uuid,
                        error.what()));
  }
}

}  // namespace

std::vector<NamedTensor> make_inputs(const InputRequest& request) {
  const AxisValues axes = bind_axes(request.definition, request.workload.axes);
  std::vector<NamedTensor> inputs;
  for (const TensorSpec& declared : request.definition.inputs) {
    inputs.push_back(make_input(request, declared, axes));
  }
  return inputs;
}

std::string describe_inputs(const InputRequest& request) {
  const AxisValues axes = bind_axes(request.definition, request.workload.axes);
  std::string text =
      fmt::format("{} seed={} trial={} definition={} workload={}\n", kGeneratorVersion,
                  request.seed, request.trial, request.definition.name, request.workload.uuid);
  for (const auto& [name, value] : axes) text += fmt::format("{}={}\n", name, value);
  for (const TensorSpec& declared : request.definition.inputs) {
    const InputSpec input = spec_for(request, declared.name);
    text +=
        fmt::format("{} {} {} kind={} scalar={} {} {}\n", declared.name, name_of(declared.dtype),
                    to_string(shape_of(declared, axes)), static_cast<int>(input.kind), input.scalar,
                    input.generator, write_json(input.parameters, JsonStyle::Compact));
    if (input.kind == InputKind::Safetensors) {
      const Tensor blob = read_safetensor(blob_path(request, input), input.tensor_key);
      text += "  " + Sha256().field(blob.bytes()).hex_digest() + "\n";
    }
  }
  return text;
}

void check_constraints(const InputRequest& request, const std::vector<NamedTensor>& inputs) {
  CaseScope scope;
  scope.inputs = &inputs;
  Diagnostics diagnostics;
  check_constraints(request.definition, request.workload, scope.expression_scope().element,
                    diagnostics);
  diagnostics.throw_if_errors();
}

}  // namespace fitest
