// SPDX-License-Identifier: Apache-2.0
// Statements, operands and names: parse_module().
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptx/module.h"

namespace fitest::ptx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kHeader = ".version 9.0\n.target sm_80\n.address_size 64\n";

std::shared_ptr<const Module> parse(const std::string& text) {
  return parse_module(make_source("m.ptx", kHeader + text));
}

// The one entry whose body is `body`.
Function parse_body(const std::string& body) {
  return parse(".visible .entry k(.param .u64 param) {\n" + body + "\n}").get()->functions.at(0);
}

// The first instruction after the usual registers.
Instruction parse_instruction(const std::string& text) {
  const std::string registers =
      ".reg .pred %p<4>; .reg .b32 %r<9>; .reg .b64 %rd<9>; .reg .f32 %f<9>; .shared .u32 s;\n";
  return parse_body(registers + text).instructions.at(0);
}

TEST(Parser, ReadsTheHeader) {
  const auto module = parse_module(make_source("m.ptx", ".version 7.8\n.target sm_90a, debug\n"));
  EXPECT_EQ(module->version_major, 7);
  EXPECT_EQ(module->version_minor, 8);
  EXPECT_EQ(module->target, "sm_90a");
}

TEST(Parser, SplitsOpcodesIntoModifiers) {
  const Instruction load =
      parse_instruction("ld.global.nc.L1::no_allocate.L2::128B.v2.f32 {%f1, %f2}, [%rd1];");
  EXPECT_EQ(load.opcode, "ld");
  EXPECT_THAT(load.modifiers,
              ElementsAre("global", "nc", "L1::no_allocate", "L2::128B", "v2", "f32"));
  EXPECT_EQ(load.full_opcode(), "ld.global.nc.L1::no_allocate.L2::128B.v2.f32");
}

TEST(Parser, KeepsDigitsThatBeginAModifier) {
  const Instruction copy = parse_instruction("cp.async.bulk.tensor.2d [%r1], [%rd1, {%r2, %r3}];");
  EXPECT_THAT(copy.modifiers, ElementsAre("async", "bulk", "tensor", "2d"));
}

TEST(Parser, ReadsGuards) {
  EXPECT_FALSE(parse_instruction("ret;").guard.has_value());
  EXPECT_FALSE(parse_instruction("@%p1 ret;").guard->negated);
  EXPECT_TRUE(parse_instruction("@!%p1 ret;").guard->negated);
}

TEST(Parser, RegistersExistOnceAndOnlyIfUsed) {
  const Function f = parse_body(".reg .b32 %r<1000000>;\nadd.s32 %r7, %r999999, %r7;");
  ASSERT_EQ(f.registers.size(), 2u);
  EXPECT_EQ(f.registers[0].name, "%r7");
  EXPECT_EQ(f.registers[0].type, Type::B32);
  EXPECT_EQ(f.instructions[0].operands[0].reg, f.instructions[0].operands[2].reg);
}

TEST(Parser, RegistersNeedNoPercentSign) {
  const Function f = parse_body(".reg .pred p, q; setp.eq.s32 p|q, 1, 2;");
  EXPECT_EQ(f.registers.size(), 2u);
}

TEST(Parser, ReadsIntegerLiterals) {
  const auto value = [](const std::string& text) {
    return parse_instruction("mov.u64 %rd1, " + text + ";").operands.at(1).integer;
  };
  EXPECT_EQ(value("0"), 0);
  EXPECT_EQ(value("42"), 42);
  EXPECT_EQ(value("-42"), -42);
  EXPECT_EQ(value("42U"), 42);
  EXPECT_EQ(value("0xFF"), 255);
  EXPECT_EQ(value("0XfFU"), 255);
  EXPECT_EQ(value("017"), 15);
  EXPECT_EQ(value("0b101"), 5);
  EXPECT_EQ(value("0xFFFFFFFFFFFFFFFF"), -1);
  EXPECT_EQ(value("18446744073709551615"), -1);
  EXPECT_EQ(value("WARP_SZ"), 32);
}

TEST(Parser, EvaluatesConstantExpressions) {
  const auto value = [](const std::string& text) {
    return parse_instruction("mov.u64 %rd1, " + text + ";").operands.at(1).integer;
  };
  EXPECT_EQ(value("2+3*4"), 14);
  EXPECT_EQ(value("(2+3)*4"), 20);
  EXPECT_EQ(value("1<<4|1"), 17);
  EXPECT_EQ(value("-8>>1"), -4);
  EXPECT_EQ(value("-1 > 0U"), 1);
  EXPECT_EQ(value("-1 > 0"), 0);
  EXPECT_EQ(value("-7/2"), -3);
  EXPECT_EQ(value("-7%4"), -3);
  EXPECT_EQ(value("~0 & 0xF0"), 0xF0);
  EXPECT_EQ(value("(!3 || 2)"), 1);
  EXPECT_EQ(value("3 == 3 ? 10 : 20"), 10);
  EXPECT_EQ(value("(.u64)-1 >> 60"), 15);
}

TEST(Parser, ReadsFloatLiterals) {
  const Operand single = parse_instruction("mov.f32 %f1, 0f3F800000;").operands.at(1);
  EXPECT_EQ(single.kind, OperandKind::Float);
  EXPECT_TRUE(single.is_f32);
  EXPECT_EQ(single.integer, 0x3F800000);
  const Operand wide = parse_instruction("mov.f64 %rd1, 0dBFF0000000000000;").operands.at(1);
  EXPECT_FALSE(wide.is_f32);
  EXPECT_EQ(static_cast<std::uint64_t>(wide.integer), 0xBFF0000000000000u);
  for (const char* text : {"1.5", "15e-1", ".15E+1", "0.15e1"}) {
    const Operand decimal =
        parse_instruction(std::string("mov.f64 %rd1, ") + text + ";").operands.at(1);
    EXPECT_EQ(decimal.integer, 0x3FF8000000000000) << text;
  }
  EXPECT_EQ(parse_instruction("mov.f32 %f1, -0f3F800000;").operands.at(1).integer, 0xBF800000);
}

TEST(Parser, ReadsAddresses) {
  const auto address = [](const std::string& text) {
    return parse_instruction("ld.b32 %r1, " + text + ";").operands.at(1);
  };
  EXPECT_EQ(address("[%rd1]").reg, 1);
  EXPECT_EQ(address("[%rd1+16]").offset, 16);
  EXPECT_EQ(address("[%rd1+-16]").offset, -16);
  EXPECT_EQ(address("[%rd1-16]").offset, -16);
  EXPECT_EQ(address("[%rd1 + 4*4 + 8]").offset, 24);
  EXPECT_EQ(address("[s+8]").name, "s");
  EXPECT_EQ(address("[s+8]").offset, 8);
  EXPECT_EQ(address("[s+8]").reg, -1);
  EXPECT_EQ(address("[0x100]").offset, 0x100);
  EXPECT_EQ(address("[param]").name, "param");
}

TEST(Parser, ReadsTensorCoordinates) {
  const Operand map =
      parse_instruction("cp.async.bulk.tensor.2d.x [%r1], [%rd1, {%r2, 7}], [%r3];").operands.at(1);
  EXPECT_EQ(map.kind, OperandKind::Address);
  ASSERT_EQ(map.elements.size(), 2u);
  EXPECT_EQ(map.elements[0].kind, OperandKind::Register);
  EXPECT_EQ(map.elements[1].integer, 7);
}

TEST(Parser, ReadsVectorsPairsSinksAndNegation) {
  const Instruction unpack = parse_instruction("mov.b64 {%r1, _}, %rd1;");
  EXPECT_EQ(unpack.operands[0].kind, OperandKind::Vector);
  EXPECT_EQ(unpack.operands[0].elements[1].kind, OperandKind::Sink);
  const Instruction set = parse_instruction("setp.lt.and.s32 %p1|_, %r1, -1, !%p2;");
  EXPECT_EQ(set.operands[0].kind, OperandKind::Pair);
  EXPECT_EQ(set.operands[0].elements[1].kind, OperandKind::Sink);
  EXPECT_TRUE(set.operands[3].negated);
}

TEST(Parser, ReadsSpecialRegisters) {
  const Operand tid = parse_instruction("mov.u32 %r1, %tid.x;").operands.at(1);
  EXPECT_EQ(tid.kind, OperandKind::Register);
  EXPECT_EQ(tid.reg, -1);
  EXPECT_EQ(tid.name, "%tid.x");
  EXPECT_EQ(parse_instruction("mov.u32 %r1, %envreg2;").operands.at(1).name, "%envreg2");
}

TEST(Parser, ReadsVectorRegisters) {
  const Function f = parse_body(".reg .v4 .f32 v; .reg .f32 a; mov.f32 a, v.y; st.v4.f32 [0], v;");
  EXPECT_EQ(f.registers.at(f.instructions[0].operands[1].reg).name, "v.y");
  EXPECT_EQ(f.instructions[1].operands[1].elements.size(), 4u);
}

TEST(Parser, ReadsByteSelectorsOfVideoInstructions) {
  const Instruction add = parse_instruction("vadd.s32.s32.s32 %r1, %r2.b1, %r3.h0;");
  EXPECT_EQ(add.operands[1].name, "b1");
  EXPECT_GE(add.operands[1].reg, 0);
}

TEST(Parser, ReadsSeveralStatementsOnALineAndComments) {
  const Function f = parse_body("/* one */ ret; // two\n# 3 \"file\"\nret; /* x\ny */ ret;;");
  EXPECT_EQ(f.instructions.size(), 3u);
}

TEST(Parser, InnerRegistersHideOuterOnes) {
  const Function f = parse_body(
      ".reg .b32 x; mov.u32 x, 0; { .reg .b64 x; mov.u64 x, 0; } { .reg .b16 x; mov.u16 x, 0; }\n"
      "mov.u32 x, 1;");
  ASSERT_EQ(f.registers.size(), 3u);
  EXPECT_EQ(f.registers[1].type, Type::B64);
  EXPECT_EQ(f.instructions[3].operands[0].reg, f.instructions[0].operands[0].reg);
}

TEST(Parser, LabelsOfScopesAreApart) {
  const Function f =
      parse_body("{ bra L; L: ret; }\n{ L: ret; bra L; }\nbra OUT; { bra OUT; }\nOUT:");
  EXPECT_EQ(f.labels.at("L"), 1u);
  EXPECT_EQ(f.labels.at("L@2"), 2u);
  EXPECT_EQ(f.labels.at("OUT"), 6u);
  EXPECT_EQ(f.instructions[0].operands[0].name, "L");
  EXPECT_EQ(f.instructions[3].operands[0].name, "L@2");
  EXPECT_EQ(f.instructions[5].operands[0].name, "OUT");
}

TEST(Parser, ParametersOfCallScopesAreApart) {
  const Function f = parse_body(
      "{ .param .b64 param0; st.param.b64 [param0+0], 1; }\n"
      "{ .param .b32 param0; st.param.b32 [param0+4], 1; }");
  EXPECT_EQ(f.locals.at(0).name, "param0");
  EXPECT_EQ(f.locals.at(1).name, "param0@2");
  EXPECT_EQ(f.instructions[1].operands[0].name, "param0@2");
  EXPECT_EQ(f.instructions[1].operands[0].offset, 4);
}

TEST(Parser, LocalsThatHideModuleVariablesAreApart) {
  const auto module = parse(".global .u32 g;\n.entry k() { .shared .u32 g; st.u32 [g], 1; }");
  EXPECT_NE(module->functions[0].locals[0].name, "g");
  EXPECT_EQ(module->functions[0].instructions[0].operands[0].name,
            module->functions[0].locals[0].name);
}

const std::string kCallee = ".func (.param .b32 r) f(.param .b64 a, .param .b32 b) { ret; }\n";

TEST(Parser, CallsHaveOneLayout) {
  const auto module = parse(kCallee +
                            ".entry k() { .param .b64 x; .param .b32 y, z;\n"
                            "call.uni (z), f, (x, y); call f; call f, (x, y); }");
  const std::vector<Instruction>& calls = module->functions[1].instructions;
  for (const Instruction& call : calls) {
    ASSERT_EQ(call.operands.size(), 3u);
    EXPECT_EQ(call.operands[0].kind, OperandKind::List);
    EXPECT_EQ(call.operands[1].name, "f");
    EXPECT_EQ(call.operands[2].kind, OperandKind::List);
  }
  EXPECT_EQ(calls[0].operands[0].elements.size(), 1u);
  EXPECT_EQ(calls[0].operands[2].elements.size(), 2u);
  EXPECT_THAT(calls[1].operands[2].elements, IsEmpty());
}

TEST(Parser, IndirectCallsNameTheirPrototype) {
  const Function f = parse_body(
      ".reg .b64 %rd1; { .param .b64 x; .param .b32 y;\n"
      "P: .callprototype (.param .b32 _) _ (.param .align 8 .b8 _[16], .param .b64 _) .noreturn;\n"
      "call (y), %rd1, (x), P; }");
  ASSERT_EQ(f.instructions[0].operands.size(), 4u);
  const Function& prototype = f.call_prototypes.at(f.instructions[0].operands[3].name);
  EXPECT_EQ(prototype.return_parameters.size(), 1u);
  EXPECT_EQ(prototype.parameters.at(0).size_bytes(), 16u);
  EXPECT_TRUE(prototype.is_noreturn);
}

TEST(Parser, BranchTargetsAreResolvedInTheirScope) {
  const Function f =
      parse_body(".reg .b32 %r1; A: ret; { A: T: .branchtargets A, B; brx.idx %r1, T; } B: ret;");
  EXPECT_EQ(f.instructions[1].operands[1].name, "T");
  EXPECT_THAT(f.branch_targets.at("T"), ElementsAre("A@2", "B"));
}

TEST(Parser, DefinitionsReplaceDeclarations) {
  const auto module = parse(
      ".func f(.param .b32 a);\n.extern .func g;\n.func f(.param .b32 a)\n"
      "{ ret; }\n.alias h, f;");
  ASSERT_EQ(module->functions.size(), 2u);
  EXPECT_FALSE(module->functions[0].is_declaration);
  EXPECT_TRUE(module->functions[1].is_declaration);
  EXPECT_EQ(module->find_function("h"), &module->functions[0]);
  EXPECT_EQ(module->find_function("missing"), nullptr);
}

TEST(Parser, ReadsAttributesOfEntries) {
  const auto module = parse(
      ".weak .entry k(.param .u64 .ptr .global .align 16 a, .param .align 8 .b8 b[24])\n"
      ".maxntid 16, 8\n.minnctapersm 2\n.reqntid 64\n.explicitcluster\n.reqnctapercluster 2, 1, 1\n"
      ".pragma \"nounroll\";\n{ ret; }");
  const Function& kernel = module->functions[0];
  EXPECT_TRUE(kernel.is_entry);
  EXPECT_EQ(kernel.max_threads, 128u);
  EXPECT_THAT(kernel.required_threads, ElementsAre(64, 1, 1));
  EXPECT_THAT(kernel.required_cluster, ElementsAre(2, 1, 1));
  EXPECT_EQ(kernel.parameters[0].alignment_bytes(), 8u);
  EXPECT_EQ(kernel.parameters[1].size_bytes(), 24u);
}

TEST(Parser, LocationsLastUntilTheNextAndNameTheOutermostCall) {
  const Function f = parse_body(
      ".loc 1 10 3\nret;\n.loc 2 20 4, function_name $L__s0, inlined_at 1 11 5\nret;\n"
      ".loc 3 30 6, function_name $L__s1+4, inlined_at 2 20 4\nret;\n.loc 1 0 7\nret;");
  EXPECT_EQ(f.instructions[0].location.line, 10);
  EXPECT_EQ(f.instructions[0].location.caller_line, 0);
  EXPECT_EQ(f.instructions[1].location.caller_line, 11);
  EXPECT_EQ(f.instructions[2].location.file, 3);
  EXPECT_EQ(f.instructions[2].location.caller_file, 1);
  EXPECT_EQ(f.instructions[2].location.caller_line, 11);
  EXPECT_EQ(f.instructions[3].location.line, 30);
}

TEST(Parser, SkipsDebugSections) {
  const auto module = parse(
      ".section .debug_str\n{\n$L__info_string0:\n.b8 95,90\n.b32 .debug_abbrev\n{ }\n}\n"
      ".file 1 \"a.cu\", 12, 34\n.entry k { ret; }");
  EXPECT_EQ(module->files.at(1), "a.cu");
  EXPECT_EQ(module->functions.size(), 1u);
}

TEST(Parser, RangesPointIntoTheText) {
  const auto module = parse(".entry k() { .reg .pred p; @!p bra L; L: }");
  const Instruction& branch = module->functions[0].instructions[0];
  EXPECT_EQ(
      module->source->text().substr(branch.range.begin, branch.range.end - branch.range.begin),
      "@!p bra L");
}

}  // namespace
}  // namespace fitest::ptx
