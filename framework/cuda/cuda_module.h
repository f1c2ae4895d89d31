// SPDX-License-Identifier: Apache-2.0
// A cubin or PTX text loaded by the driver, and the kernels in it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cuda/owned.h"
#include "device/device.h"

namespace fitest::cuda {

class CudaModule : public Module {
 public:
  // Null with a Fault that holds the log of the driver's PTX compiler, if it has one.
  static std::unique_ptr<CudaModule> load(CudaContext& context, const Image& image,
                                          std::optional<Fault>& fault);

  const KernelInfo* find(const std::string& name) const override;
  std::vector<std::string> kernel_names() const override;
  // Null if there is no such kernel.
  CudaFunctionHandle function(const std::string& name) const;
  // A kernel of it calls printf or assert.
  bool prints() const noexcept { return prints_; }

 private:
  struct Kernel {
    KernelInfo info;
    CudaFunctionHandle function = nullptr;
  };
  CudaModule(OwnedModule module, bool prints) : module_(std::move(module)), prints_(prints) {}
  std::optional<Fault> read_kernels(CudaContext& context);

  OwnedModule module_;
  std::map<std::string, Kernel> kernels_;
  bool prints_ = false;
};

}  // namespace fitest::cuda
