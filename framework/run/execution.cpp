// SPDX-License-Identifier: Apache-2.0
#include "run/execution.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>

#include "device/hardware.h"

namespace fitest {
namespace {

Fault invalid_launch(const std::string& kernel, std::string message) {
  Fault fault;
  fault.kind = FaultKind::InvalidLaunch;
  fault.kernel = kernel;
  fault.message = std::move(message);
  return fault;
}

std::string argument_names(const std::vector<PlannedArgument>& arguments) {
  std::string text;
  for (const PlannedArgument& argument : arguments) {
    text += (text.empty() ? "" : ", ") + argument.name;
  }
  return text;
}

std::vector<std::byte> pointer_bytes(std::uint64_t address) {
  std::vector<std::byte> bytes(sizeof address);
  std::memcpy(bytes.data(), &address, sizeof address);
  return bytes;
}

}  // namespace

Execution::Execution(Device& device, const Definition& definition, const AxisValues& axes)
    : device_(device), definition_(definition), axes_(axes) {
  allocate_tensors(definition_.inputs, Access::Input);
  allocate_tensors(definition_.outputs, Access::Output);
}

void Execution::allocate_tensors(const std::vector<TensorSpec>& specs, Access access) {
  for (const TensorSpec& spec : specs) {
    if (!spec.shape && access == Access::Input) continue;  // a scalar is passed by value
    const std::size_t count = element_count(shape_of(spec, axes_));
    buffers_[spec.name] = device_.allocate({spec.name, bytes_for(spec.dtype, count), access});
  }
}

void Execution::set_inputs(const std::vector<NamedTensor>& inputs) {
  for (const NamedTensor& input : inputs) {
    if (!input.is_scalar) device_.upload(*buffers_.at(input.name), input.tensor.bytes());
  }
}

Buffer* Execution::buffer(const std::string& name) const {
  const auto found = buffers_.find(name);
  return found == buffers_.end() ? nullptr : found->second.get();
}

std::vector<std::byte> Execution::tensor_map_bytes(const PlannedArgument& argument) const {
  auto* hardware = dynamic_cast<HardwareDevice*>(&device_);
  if (hardware == nullptr) {
    fail(ErrorKind::Unsupported,
         fmt::format("argument '{}' is a tensor map, which only a GPU has", argument.name));
  }
  const auto encoded = hardware->encode(*argument.tensor_map, buffer(argument.name)->address());
  return {encoded.begin(), encoded.end()};
}

std::optional<Fault> Execution::bind_arguments(const PlannedKernel& planned,
                                               const KernelInfo& kernel, Launch& launch) const {
  const auto& expected = kernel.parameter_bytes;
  if (planned.arguments.size() != expected.size()) {
    return invalid_launch(
        planned.name_expression,
        fmt::format("the launch plan passes {} arguments ({}), the kernel takes {}",
                    planned.arguments.size(), argument_names(planned.arguments), expected.size()));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const PlannedArgument& argument = planned.arguments[i];
    KernelArgument bound{argument.name, argument.bytes};
    if (argument.tensor_map) bound.bytes = tensor_map_bytes(argument);
    if (argument.is_pointer) bound.bytes = pointer_bytes(buffer(argument.name)->address());
    if (bound.bytes.size() != expected[i]) {
      return invalid_launch(
          planned.name_expression,
          fmt::format("argument {} ('{}') has {} bytes, the kernel's parameter has {}", i + 1,
                      argument.name, bound.bytes.size(), expected[i]));
    }
    launch.arguments.push_back(std::move(bound));
  }
  return std::nullopt;
}

void Execution::prepare(const CompileResult& image, const std::string& target,
                        const ResolvedPlan& plan) {
  for (const PlannedWorkspace& workspace : plan.workspaces) {
    buffers_[workspace.name] =
        device_.allocate({workspace.name, workspace.size_bytes, Access::Workspace});
    if (!workspace.zero_filled) continue;
    BufferPtr zeros = device_.allocate({workspace.name, workspace.size_bytes, Access::Workspace});
    device_.upload(*zeros, std::vector<std::byte>(workspace.size_bytes));
    zeros_[workspace.name] = std::move(zeros);
  }
  const Image::Kind kind = target.starts_with("compute_") ? Image::Kind::Ptx : Image::Kind::Cubin;
  module_ = device_.load({kind, image.code, target}, prepare_fault_);
  if (prepare_fault_) return;
  for (const PlannedKernel& planned : plan.kernels) {
    const auto lowered = image.names.find(planned.name_expression);
    const KernelInfo* kernel =
        lowered == image.names.end() ? nullptr : module_->find(lowered->second);
    if (kernel == nullptr) {
      prepare_fault_ = invalid_launch(planned.name_expression, "the module has no such kernel");
      return;
    }
    Launch launch{kernel->name,
                  planned.grid,
                  planned.block,
                  planned.cluster,
                  planned.dynamic_shared_bytes,
                  {},
                  planned.cooperative};
    prepare_fault_ = bind_arguments(planned, *kernel, launch);
    if (prepare_fault_) return;
    launches_.push_back(std::move(launch));
  }
}

std::optional<Fault> Execution::launch_all(double& launch_ms) {
  const auto begin = std::chrono::steady_clock::now();
  for (const Launch& launch : launches_) {
    if (auto fault = device_.launch(*module_, launch)) return fault;
  }
  const std::chrono::duration<double, std::milli> queued = std::chrono::steady_clock::now() - begin;
  launch_ms = queued.count();
  return device_.synchronize();
}

Execution::Timed Execution::time_launches() {
  Timed timed;
  timed.elapsed = device_.time([&] { timed.fault = launch_all(timed.launch_ms); });
  return timed;
}

ExecutionResult Execution::collect(ElapsedTime elapsed) {
  ExecutionResult result;
  result.elapsed = std::move(elapsed);
  for (const auto& entry : buffers_) {
    if (auto fault = device_.check_guards(*entry.second)) {
      result.fault = std::move(fault);
      return result;
    }
  }
  for (const TensorSpec& output : definition_.outputs) {
    Tensor tensor(output.dtype, shape_of(output, axes_));
    const Buffer& buffer = *buffers_.at(output.name);
    device_.download(buffer, tensor.bytes());
    const std::uint64_t unwritten = device_.unwritten_bytes(buffer).value_or(0);
    if (unwritten > 0) {
      result.unwritten.push_back(fmt::format("output '{}': {} of {} bytes were never written",
                                             output.name, unwritten, tensor.size_bytes()));
    }
    result.outputs.push_back({output.name, std::move(tensor), false, 0});
  }
  return result;
}

void Execution::reset_outputs() {
  for (const auto& entry : buffers_) {
    if (entry.second->spec().access != Access::Input) device_.poison(*entry.second);
  }
  for (const auto& [name, zeros] : zeros_) copy_buffer(device_, *buffers_.at(name), *zeros);
}

std::size_t Execution::bytes_of(Access access) const {
  std::size_t bytes = 0;
  for (const auto& entry : buffers_) {
    const BufferSpec& spec = entry.second->spec();
    if (spec.access == access) bytes += spec.size_bytes;
  }
  return bytes;
}

std::size_t Execution::keep_inputs() {
  auto& kept = kept_inputs_.emplace_back();
  for (const auto& [name, buffer] : buffers_) {
    if (buffer->spec().access != Access::Input) continue;
    BufferPtr copy = device_.allocate(buffer->spec());
    copy_buffer(device_, *copy, *buffer);
    kept[name] = std::move(copy);
  }
  device_.synchronize();
  return kept_inputs_.size();
}

// The same addresses hold another set's data: a result kept for an address is a wrong one.
Execution::Timed Execution::time_set(std::size_t set) {
  for (const auto& [name, kept] : kept_inputs_.at(set))
    copy_buffer(device_, *buffers_.at(name), *kept);
  reset_outputs();
  return time_launches();
}

ExecutionResult Execution::run() {
  ExecutionResult failed;
  failed.fault = prepare_fault_;
  if (failed.fault) return failed;
  reset_outputs();
  Timed timed;
  if (is_hardware(device_)) {
    timed.fault = launch_all(timed.launch_ms);
  } else {
    timed = time_launches();
  }
  failed.fault = std::move(timed.fault);
  if (failed.fault) return failed;
  return collect(std::move(timed.elapsed));
}

std::vector<KernelInfo> Execution::kernel_infos() const {
  std::vector<KernelInfo> infos;
  for (const Launch& launch : launches_) infos.push_back(*module_->find(launch.kernel));
  return infos;
}

}  // namespace fitest
