// SPDX-License-Identifier: Apache-2.0
#include "ptx/loaded_module.h"

#include <algorithm>
#include <cstring>

#include "ptx/decoder.h"
#include "ptx/track.h"

namespace fitest::ptx {

LoadedModule::LoadedModule(const Image& image, AddressSpace& memory,
                           const VirtualDeviceOptions& options)
    : memory_(memory),
      record_opcodes_(options.record_opcodes),
      tracks_values_(options.check_init),
      module_(parse_module(make_source("ptx", image.code))) {
  for (const Variable& variable : module_->variables) place_variable(variable);
  for (const Variable& variable : module_->variables) write_symbols(variable);
}

LoadedModule::~LoadedModule() {
  for (const auto& [name, segment] : segments_) memory_.release(segment);
}

void LoadedModule::place_variable(const Variable& variable) {
  const bool in_memory =
      variable.space == StateSpace::Global || variable.space == StateSpace::Const;
  if (!in_memory || variable.is_extern || segments_.contains(variable.name)) return;
  const Access access = variable.space == StateSpace::Const ? Access::Input : Access::Workspace;
  Segment* segment = memory_.allocate({variable.name, variable.size_bytes(), access});
  std::copy_n(variable.initial_bytes.begin(),
              std::min<std::size_t>(variable.initial_bytes.size(), segment->size), segment->data);
  segments_[variable.name] = segment;
  addresses_[variable.name] = segment->base;
}

void LoadedModule::write_symbols(const Variable& variable) {
  const auto segment = segments_.find(variable.name);
  if (segment == segments_.end()) return;
  for (const Variable::SymbolInitializer& initializer : variable.initial_symbols) {
    std::uint64_t value = static_cast<std::uint64_t>(initializer.addend);
    const auto address = addresses_.find(initializer.symbol);
    if (address != addresses_.end()) {
      value += address->second;
    } else if (const Function* function = module_->find_function(initializer.symbol)) {
      value += kFunctionWindow + static_cast<std::uint64_t>(function - module_->functions.data());
    }
    std::size_t bytes = static_cast<std::size_t>(std::min(8, bits_of(variable.type) / 8));
    if (initializer.address_byte >= 0) {
      value >>= 8 * initializer.address_byte;
      bytes = 1;
    }
    if (initializer.byte_offset + bytes > segment->second->size) continue;
    std::memcpy(segment->second->data + initializer.byte_offset, &value, bytes);
  }
}

KernelInfo LoadedModule::describe(const Function& kernel) const {
  KernelInfo info;
  info.name = kernel.name;
  for (const Variable& parameter : kernel.parameters) {
    info.parameter_bytes.push_back(parameter.size_bytes());
  }
  if (kernel.max_threads) info.max_threads_per_block = static_cast<int>(*kernel.max_threads);
  const Program& decoded = program(kernel.name);
  info.static_shared_bytes = decoded.static_shared_bytes;
  info.local_bytes = decoded.functions.front().local_bytes;
  return info;
}

const KernelInfo* LoadedModule::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto known = infos_.find(name);
  if (known != infos_.end()) return &known->second;
  const Function* kernel = module_->find_function(name);
  if (kernel == nullptr || !kernel->is_entry) return nullptr;
  return &(infos_[name] = describe(*kernel));
}

std::vector<std::string> LoadedModule::kernel_names() const {
  std::vector<std::string> names;
  for (const Function& function : module_->functions) {
    if (function.is_entry) names.push_back(function.name);
  }
  return names;
}

const Program& LoadedModule::program(const std::string& kernel) const {
  const auto known = programs_.find(kernel);
  if (known != programs_.end()) return known->second;
  Decoder decoder(module_, addresses_);
  if (record_opcodes_) decoder.record_opcodes();
  Program program = decoder.decode(*module_->find_function(kernel));
  if (tracks_values_) track_values(program);
  return programs_.emplace(kernel, std::move(program)).first->second;
}

}  // namespace fitest::ptx
