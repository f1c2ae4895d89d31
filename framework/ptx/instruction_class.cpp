// SPDX-License-Identifier: Apache-2.0
#include "ptx/instruction_class.h"

#include <cstdio>
#include <string_view>
#include <unordered_map>

#include "ptx/modifiers.h"

namespace fitest::ptx {
namespace {

using enum InstructionClass;

// Opcodes of one class, whatever their types.
const std::unordered_map<std::string_view, InstructionClass> kByOpcode = {
    {"ex2", Special},     {"lg2", Special},      {"sin", Special},       {"cos", Special},
    {"tanh", Special},    {"rcp", Special},      {"rsqrt", Special},     {"sqrt", Special},
    {"cvt", Convert},     {"szext", Convert},    {"setp", Compare},      {"selp", Compare},
    {"set", Compare},     {"slct", Compare},     {"testp", Compare},     {"mov", Move},
    {"cvta", Move},       {"prmt", Move},        {"isspacep", Move},     {"createpolicy", Move},
    {"atom", Atomic},     {"red", Atomic},       {"cp", AsyncCopy},      {"mma", Tensor},
    {"shfl", Warp},       {"vote", Warp},        {"match", Warp},        {"redux", Warp},
    {"activemask", Warp}, {"elect", Warp},       {"movmatrix", Warp},    {"bar", Barrier},
    {"barrier", Barrier}, {"mbarrier", Barrier}, {"membar", Barrier},    {"fence", Barrier},
    {"bra", Control},     {"brx", Control},      {"call", Control},      {"ret", Control},
    {"exit", Control},    {"trap", Control},     {"nanosleep", Control}, {"brkpt", Control},
};

StateSpace space_in(const Instruction& instruction) {
  for (const std::string& modifier : instruction.modifiers) {
    if (const auto space = space_of(modifier)) return *space;
  }
  return StateSpace::Generic;
}

InstructionClass class_of_access(const Instruction& instruction) {
  switch (space_in(instruction)) {
    case StateSpace::Shared:
      return Shared;
    case StateSpace::Local:
      return Local;
    case StateSpace::Param:
    case StateSpace::Const:
      return Constant;
    default:
      return Global;
  }
}

bool is_access(std::string_view opcode) {
  return opcode == "ld" || opcode == "ldu" || opcode == "st" || opcode == "ldmatrix" ||
         opcode == "stmatrix" || opcode == "prefetch" || opcode == "prefetchu" ||
         opcode == "discard" || opcode == "applypriority";
}

// The last type is that of the sources.
Type type_in(const Instruction& instruction) {
  Type type = Type::None;
  for (const std::string& modifier : instruction.modifiers) {
    if (const auto named = type_from_name(modifier)) type = *named;
  }
  return type;
}

InstructionClass class_of_type(Type type) {
  switch (type) {
    case Type::F32:
      return Float32;
    case Type::F64:
      return Float64;
    case Type::F16:
    case Type::F16x2:
    case Type::BF16:
    case Type::BF16x2:
      return Half;
    default:
      return Integer;
  }
}

bool is_float(Type type) {
  return class_of_type(type) != Integer;
}

}  // namespace

InstructionClass class_of(const Instruction& instruction) {
  const std::string& opcode = instruction.opcode;
  if (is_access(opcode)) return class_of_access(instruction);
  if (opcode == "wmma") {
    return has_modifier(instruction, "mma") ? Tensor : class_of_access(instruction);
  }
  const auto known = kByOpcode.find(opcode);
  if (known != kByOpcode.end()) return known->second;
  const Type type = type_in(instruction);
  return opcode == "div" && is_float(type) ? Special : class_of_type(type);
}

std::uint64_t float_operations(const Instruction& instruction) {
  static const std::unordered_map<std::string_view, std::uint64_t> operations = {
      {"add", 1}, {"sub", 1},  {"mul", 1},   {"div", 1}, {"fma", 2}, {"mad", 2}, {"rcp", 1},
      {"ex2", 1}, {"sqrt", 1}, {"rsqrt", 1}, {"lg2", 1}, {"sin", 1}, {"cos", 1}, {"tanh", 1},
  };
  const auto known = operations.find(instruction.opcode);
  const Type type = type_in(instruction);
  if (known == operations.end() || !is_float(type)) return 0;
  const bool is_pair = type == Type::F16x2 || type == Type::BF16x2;
  return known->second * (is_pair ? 2 : 1);
}

std::uint64_t tensor_operations(const Instruction& instruction) {
  if (class_of(instruction) != Tensor) return 0;
  for (const std::string& modifier : instruction.modifiers) {
    unsigned m = 0;
    unsigned n = 0;
    unsigned k = 0;
    if (std::sscanf(modifier.c_str(), "m%un%uk%u", &m, &n, &k) == 3) {
      return std::uint64_t{2} * m * n * k;
    }
  }
  return 0;
}

}  // namespace fitest::ptx
