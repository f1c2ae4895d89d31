// SPDX-License-Identifier: Apache-2.0
#include "device/fault.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace fitest {
namespace {

constexpr std::size_t kMaxDescribed = 10;

}  // namespace

std::string readable_name(const std::string& kernel) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(kernel.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && name != nullptr ? name.get() : kernel;
}

std::string_view name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::InvalidLaunch:
      return "invalid launch";
    case FaultKind::OutOfBounds:
      return "out of bounds";
    case FaultKind::NullPointer:
      return "null pointer";
    case FaultKind::Misaligned:
      return "misaligned access";
    case FaultKind::ReadOnlyWrite:
      return "write to an input";
    case FaultKind::Uninitialized:
      return "uninitialised read";
    case FaultKind::Race:
      return "race";
    case FaultKind::BenignRace:
      return "benign race";
    case FaultKind::MissingWait:
      return "missing wait";
    case FaultKind::Barrier:
      return "barrier misuse";
    case FaultKind::Deadlock:
      return "deadlock";
    case FaultKind::InvalidSync:
      return "invalid warp synchronisation";
    case FaultKind::DivisionByZero:
      return "division by zero";
    case FaultKind::StackOverflow:
      return "stack overflow";
    case FaultKind::Trap:
      return "trap";
    case FaultKind::BudgetExceeded:
      return "instruction budget exceeded";
    case FaultKind::TimeLimit:
      return "time limit exceeded";
    case FaultKind::Unsupported:
      return "unsupported";
    case FaultKind::OutOfMemory:
      return "out of memory";
    case FaultKind::DeviceError:
      return "device error";
  }
  return "unknown fault";
}

std::string to_string(const Dim3& dim) {
  return fmt::format("({},{},{})", dim.x, dim.y, dim.z);
}

std::string describe(const Fault& fault) {
  std::string text;
  if (fault.source.line != 0) text = fmt::format("{}:{}: ", fault.source.file, fault.source.line);
  text += fmt::format("{}: {}", name_of(fault.kind), fault.message);
  if (!fault.source.text.empty()) text += "\n    " + fault.source.text;
  if (!fault.kernel.empty()) {
    text += "\n    kernel " + readable_name(fault.kernel);
    if (fault.has_thread) {
      text += fmt::format(", block {}, thread {}", to_string(fault.block), to_string(fault.thread));
    }
  }
  if (fault.ptx.line != 0) text += fmt::format("\n    ptx:{}: {}", fault.ptx.line, fault.ptx.text);
  if (fault.count > 1) text += fmt::format("\n    seen {} times", fault.count);
  return text;
}

std::string describe(const std::vector<Fault>& faults) {
  std::string text;
  for (std::size_t i = 0; i < std::min(faults.size(), kMaxDescribed); ++i) {
    text += (i == 0 ? "" : "\n") + describe(faults[i]);
  }
  if (faults.size() > kMaxDescribed) {
    text += fmt::format("\nand {} more", faults.size() - kMaxDescribed);
  }
  return text;
}

}  // namespace fitest
