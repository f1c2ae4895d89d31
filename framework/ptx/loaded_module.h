// SPDX-License-Identifier: Apache-2.0
// A PTX module on the virtual device: its variables in memory, its kernels decoded when needed.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "device/device.h"
#include "ptx/address_space.h"
#include "ptx/module.h"
#include "ptx/program.h"
#include "ptx/virtual_device.h"

namespace fitest::ptx {

class LoadedModule : public fitest::Module {
 public:
  // Throws Error (Input) when the text is not PTX.
  LoadedModule(const Image& image, AddressSpace& memory, const VirtualDeviceOptions& options = {});
  ~LoadedModule() override;
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;

  const KernelInfo* find(const std::string& name) const override;
  std::vector<std::string> kernel_names() const override;
  // Of an existing kernel.
  const Program& program(const std::string& kernel) const;

 private:
  void place_variable(const Variable& variable);
  void write_symbols(const Variable& variable);
  KernelInfo describe(const Function& kernel) const;

  AddressSpace& memory_;
  bool record_opcodes_;
  bool tracks_values_;
  std::shared_ptr<const ptx::Module> module_;
  std::map<std::string, std::uint64_t> addresses_;
  std::map<std::string, Segment*> segments_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, KernelInfo> infos_;
  mutable std::map<std::string, Program> programs_;
};

}  // namespace fitest::ptx
