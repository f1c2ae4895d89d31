// SPDX-License-Identifier: Apache-2.0
// A compiled solution on a device: buffers, launches, outputs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compile/compiler.h"
#include "device/device.h"
#include "run/resolved_plan.h"
#include "schema/definition.h"

namespace fitest {

// What running the plan once gave.
struct ExecutionResult {
  std::optional<Fault> fault;
  std::vector<NamedTensor> outputs;    // in the order of Definition.outputs; empty after a fault
  std::vector<std::string> unwritten;  // "output 'y': 12 of 64 bytes were never written"
  ElapsedTime elapsed;                 // on a device that is no hardware: others are timed apart
};

// Owns the device's buffers and module for one case; the device outlives it.
class Execution {
 public:
  // Error (Environment) when memory is not to be had. A module that cannot be loaded, a kernel that
  // is missing or takes other arguments is a fault of the first run().
  Execution(Device& device, const Definition& definition, const AxisValues& axes);

  void set_inputs(const std::vector<NamedTensor>& inputs);
  void prepare(const CompileResult& image, const std::string& target, const ResolvedPlan& plan);
  // Poisons outputs and workspaces, launches every kernel, downloads and checks guards.
  ExecutionResult run();
  // Keeps what the inputs hold now as one more set; how many there are.
  std::size_t keep_inputs();
  // As run(), from a kept set and without looking at what came out.
  struct Timed;
  Timed time_set(std::size_t set);
  // What the last launches left: guards, outputs.
  ExecutionResult collect() { return collect({}); }
  std::size_t input_bytes() const { return bytes_of(Access::Input); }
  std::size_t output_bytes() const { return bytes_of(Access::Output); }
  struct Timed {
    std::optional<Fault> fault;
    ElapsedTime elapsed;
    double launch_ms = 0;  // of host time until all launches were queued
  };
  // Registers, shared memory: of each kernel of the plan.
  std::vector<KernelInfo> kernel_infos() const;

 private:
  std::size_t bytes_of(Access access) const;
  void reset_outputs();
  Timed time_launches();
  void allocate_tensors(const std::vector<TensorSpec>& specs, Access access);
  std::vector<std::byte> tensor_map_bytes(const PlannedArgument& argument) const;
  std::optional<Fault> bind_arguments(const PlannedKernel& planned, const KernelInfo& kernel,
                                      Launch& launch) const;
  std::optional<Fault> launch_all(double& launch_ms);
  ExecutionResult collect(ElapsedTime elapsed);
  Buffer* buffer(const std::string& name) const;

  Device& device_;
  const Definition& definition_;
  AxisValues axes_;
  std::map<std::string, BufferPtr> buffers_;
  std::map<std::string, BufferPtr> zeros_;  // what zero-filled workspaces begin with
  std::vector<std::map<std::string, BufferPtr>> kept_inputs_;
  ModulePtr module_;
  std::vector<Launch> launches_;
  std::optional<Fault> prepare_fault_;
};

}  // namespace fitest
