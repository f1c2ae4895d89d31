// SPDX-License-Identifier: Apache-2.0
// Any text as a PTX module: a Module whose indices are in range, or an Error; then every kernel of
// it decoded into a program whose branches are in range. Good seeds: tests/ptx and
// tests/ptx/modules.
#include <cstdlib>

#include "ptx/address_space.h"
#include "ptx/decoder.h"
#include "ptx/module.h"

namespace fitest::ptx {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_operand(const Function& function, const Operand& operand) {
  require(operand.reg < static_cast<int>(function.registers.size()));
  for (const Operand& element : operand.elements) check_operand(function, element);
}

void check_function(const Function& function) {
  for (const Instruction& instruction : function.instructions) {
    require(instruction.range.begin < instruction.range.end);
    for (const Operand& operand : instruction.operands) check_operand(function, operand);
  }
  for (const auto& [name, at] : function.labels) require(at <= function.instructions.size());
}

void check_program(const Program& program) {
  require(!program.code.empty());
  for (const FunctionCode& function : program.functions) {
    require(function.entry < program.code.size());
  }
}

void read_text(const std::string& text) {
  try {
    const auto module = parse_module(make_source("fuzz.ptx", text));
    for (const Function& function : module->functions) check_function(function);
    for (const Variable& variable : module->variables) {
      require(variable.initial_bytes.size() <= variable.size_bytes());
    }
    std::map<std::string, std::uint64_t> addresses;
    for (const Variable& variable : module->variables) {
      addresses[variable.name] = (kFirstSlot << kSlotBits) + kSegmentStart;
    }
    for (const Function& function : module->functions) {
      if (function.is_entry) check_program(Decoder(module, addresses).decode(function));
    }
  } catch (const Error& error) {
    require(error.kind() != ErrorKind::Internal);
  }
}

}  // namespace
}  // namespace fitest::ptx

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  fitest::ptx::read_text(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
