// SPDX-License-Identifier: Apache-2.0
#include <fitest/problem.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "check/config.h"
#include "check/evaluator.h"
#include "run/inputs.h"
#include "run/reference.h"
#include "run/single_workload.h"

namespace fitest {
namespace {

Dataset read_one(const std::string& root, const std::string& definition) {
  DatasetFilter needed;
  needed.definition = [&](const std::string& name) { return name == definition; };
  Dataset dataset = read_dataset(root, needed);
  dataset.diagnostics.throw_if_errors();
  return dataset;
}

std::string axes_text(const AxisValues& axes) {
  std::vector<std::string> parts;
  parts.reserve(axes.size());
  for (const auto& [name, value] : axes) parts.push_back(fmt::format("{}={}", name, value));
  return join(parts, ", ");
}

template <class Tensors>
auto find_named(Tensors& tensors, const std::string& name) {
  return std::find_if(tensors.begin(), tensors.end(),
                      [&](const auto& tensor) { return tensor.name == name; });
}

}  // namespace

struct Problem::State {
  State(Dataset read, const Workload& chosen, std::uint64_t seed_of_inputs)
      : dataset(std::move(read)),
        workload(chosen),
        definition(*dataset.find_definition(workload.definition)),
        seed(seed_of_inputs),
        axes(bind_axes(definition, workload.axes)),
        inputs(make_inputs(request())) {
    check_constraints(request(), inputs);
  }

  InputRequest request() const { return {definition, workload, dataset.root, seed, 0}; }

  const TensorSpec& spec(const std::string& name) const {
    for (const auto* specs : {&definition.inputs, &definition.outputs}) {
      const auto found = find_named(*specs, name);
      if (found != specs->end()) return *found;
    }
    fail(ErrorKind::Usage, fmt::format("{} has no input or output '{}'", definition.name, name));
  }

  NamedTensor& input(const std::string& name) {
    const auto found = find_named(inputs, name);
    if (found != inputs.end()) return *found;
    fail(ErrorKind::Usage, fmt::format("{} has no input '{}' here", definition.name, name));
  }

  std::string tensor_text(const std::string& name) const {
    const TensorSpec& tensor = spec(name);
    return fmt::format("'{}' ({} {})", name, name_of(tensor.dtype),
                       to_string(shape_of(tensor, axes)));
  }

  void check_size(const std::string& name, std::size_t bytes, std::size_t element_size) const {
    const TensorSpec& tensor = spec(name);
    const std::size_t count = fitest::element_count(shape_of(tensor, axes));
    const std::size_t expected = bytes_for(tensor.dtype, count);
    const bool packed = bits_of(tensor.dtype) < 8;
    const std::size_t size = packed ? 1 : bits_of(tensor.dtype) / 8;
    if (bytes == expected && element_size == size) return;
    fail(ErrorKind::Usage,
         fmt::format("{} elements of {} bytes for {}, which has {} of {}", bytes / element_size,
                     element_size, tensor_text(name), expected / size, size));
  }

  const NamedTensor& expected_output(std::size_t position) {
    if (!expected) {
      // The golden cache knows inputs by their description, which replaced ones do not fit.
      ReferenceOptions options;
      options.use_cache = !replaced;
      expected = compute_reference(request(), inputs, options);
    }
    return expected->outputs.at(position);
  }

  Dataset dataset;
  Workload workload;
  const Definition& definition;
  std::uint64_t seed;
  AxisValues axes;
  std::vector<NamedTensor> inputs;
  bool replaced = false;
  std::optional<ReferenceResult> expected;
};

Problem Problem::of_workload(const std::string& dataset, const std::string& definition,
                             const std::string& workload) {
  Dataset read = read_one(dataset, definition);
  const Definition& named = definition_named(read, definition);
  const Workload chosen = workload_named(read, named, workload);
  return Problem(std::make_shared<State>(std::move(read), chosen, 0));
}

Problem Problem::of_axes(const std::string& dataset, const std::string& definition,
                         const std::map<std::string, std::int64_t>& axes, std::uint64_t seed) {
  Dataset read = read_one(dataset, definition);
  const Workload made = workload_of_axes(definition_named(read, definition), axes);
  return Problem(std::make_shared<State>(std::move(read), made, seed));
}

std::vector<std::int64_t> Problem::shape(const std::string& tensor) const {
  return shape_of(state_->spec(tensor), state_->axes);
}

std::size_t Problem::element_count(const std::string& tensor) const {
  return fitest::element_count(shape(tensor));
}

std::string Problem::dtype(const std::string& tensor) const {
  return std::string(name_of(state_->spec(tensor).dtype));
}

double Problem::scalar(const std::string& name) const {
  const NamedTensor& input = state_->input(name);
  if (!input.is_scalar) {
    fail(ErrorKind::Usage, fmt::format("{} is a tensor; use input()", state_->tensor_text(name)));
  }
  return input.scalar_value;
}

const std::string& Problem::definition() const {
  return state_->definition.name;
}

std::string Problem::describe(const std::string& output) const {
  return fmt::format("output {} of {} with {}", state_->tensor_text(output), definition(),
                     axes_text(state_->workload.axes));
}

std::span<const std::byte> Problem::input_bytes(const std::string& name,
                                                std::size_t element_size) const {
  const Tensor& tensor = state_->input(name).tensor;
  state_->check_size(name, tensor.size_bytes(), element_size);
  return tensor.bytes();
}

void Problem::set_input_bytes(const std::string& name, std::span<const std::byte> bytes,
                              std::size_t element_size) {
  NamedTensor& input = state_->input(name);
  state_->check_size(name, bytes.size(), element_size);
  Tensor tensor(input.tensor.dtype(), input.tensor.shape());
  std::memcpy(tensor.data(), bytes.data(), bytes.size());
  input.tensor = std::move(tensor);
  if (input.is_scalar) input.scalar_value = element_as_double(input.tensor, 0);
  state_->replaced = true;
  state_->expected.reset();
  check_constraints(state_->request(), state_->inputs);
}

std::string Problem::judge_bytes(const std::string& output, std::span<const std::byte> bytes,
                                 std::size_t element_size) const {
  const Definition& definition = state_->definition;
  const EvaluatorKind kind = choose_evaluator(definition);
  if (kind == EvaluatorKind::Sampling || kind == EvaluatorKind::DsaTopK) {
    fail(
        ErrorKind::Unsupported,
        fmt::format("{} is judged by the {} evaluator, which looks at more than one output; make a "
                    "Solution of it and use register_cases()",
                    definition.name, name_of(kind)));
  }
  const auto found = find_named(definition.outputs, output);
  if (found == definition.outputs.end()) {
    fail(ErrorKind::Usage, fmt::format("{} has no output '{}'", definition.name, output));
  }
  state_->check_size(output, bytes.size(), element_size);
  Tensor written(found->dtype, shape(output));
  std::memcpy(written.data(), bytes.data(), bytes.size());
  const std::vector<NamedTensor> actual = {{output, std::move(written), false, 0}};
  const auto position = static_cast<std::size_t>(found - definition.outputs.begin());
  const std::vector<NamedTensor> expected = {state_->expected_output(position)};
  const Tolerance tolerance = ConfigSource().resolve(definition.op_type, definition.name).tolerance;
  const Verdict verdict = evaluate(kind, {state_->inputs, expected, actual}, tolerance).strict;
  return verdict.status == Status::Passed ? "" : verdict.message;
}

}  // namespace fitest
