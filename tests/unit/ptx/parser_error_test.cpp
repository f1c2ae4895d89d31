// SPDX-License-Identifier: Apache-2.0
// What parse_module() says about text that is not PTX.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptx/module.h"

namespace fitest::ptx {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Case {
  std::string name;
  std::string text;  // the error's place is where '`' stands
  std::string message;
};

class ParserError : public testing::TestWithParam<Case> {};

// The error of the text, and where the test expects it.
void expect_error(std::string text, const std::string& message) {
  const std::size_t at = text.find('`');
  ASSERT_NE(at, std::string::npos);
  text.erase(at, 1);
  const SourcePtr source = make_source("m.ptx", text);
  const LineColumn place = source->position(at);
  try {
    parse_module(source);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    const std::string where = "m.ptx:" + std::to_string(place.line) + ":" +
                              std::to_string(place.column) + ": error: " + message + "\n";
    EXPECT_THAT(error.what(), StartsWith(where));
    EXPECT_THAT(error.what(), HasSubstr("^"));
  }
}

TEST_P(ParserError, InABody) {
  expect_error(
      ".version 9.0\n.target sm_80\n.entry k() {\n.reg .b32 %r<4>;\n" + GetParam().text + "\n}\n",
      GetParam().message);
}

const std::vector<Case> kBodyCases{
    {"UndeclaredRegister", "mov.u32 %r1, `%r4;",
     "register '%r4' is not declared: expected a .reg that declares it in this scope or around it"},
    {"UndeclaredPredicate", "@`%p1 ret;", "predicate '%p1' is not declared"},
    {"UndeclaredLabel", "bra `L;",
     "'L' is not declared: no variable, function or label of this name is in scope"},
    {"LabelOfAnInnerScope", "bra `L; { L: ret; }",
     "'L' is not declared: no variable, function or label of this name is in scope"},
    {"UndeclaredSymbolInAVector", "mov.b64 %r1, {`x, 0};",
     "'x' is not declared: no register, variable or function of this name is in scope"},
    {"RegisterTwice", ".reg .b32 x; .reg .f32 `x;", "'x' is declared twice in this scope"},
    {"LabelTwice", "L: ret; `L: ret;", "label 'L' is declared twice in this scope"},
    {"MissingSemicolon", "add.s32 %r1, %r2, %r3 `mov.u32 %r1, 0;",
     "expected ',' or ';' in this 'add.s32', found 'mov'"},
    {"MissingOperand", "add.s32 %r1, `;", "expected an operand, found ';'"},
    {"GuardWithoutInstruction", "@%r1 `;", "expected an instruction after the guard, found ';'"},
    {"UnclosedVector", "mov.b64 {%r1, %r2`;", "expected '}' to close the vector, found ';'"},
    {"UnclosedAddress", "ld.u32 %r1, [%r2`;", "expected ']' to close the address, found ';'"},
    {"FloatAddress", "ld.u32 %r1, [`1.5];",
     "an address is a register, a symbol or an integer, and an offset"},
    {"FloatOffset", "ld.u32 %r1, [%r2`+1.5];", "an offset must be an integer"},
    {"CallOfNothing", "call `5;", "a call needs a function or a register that holds one"},
    {"BadFloatDigits", "mov.f32 %r1, `0f3F8;", "'0f' needs 8 hexadecimal digits, found 3"},
    {"BadDigit", "mov.u32 %r1, `0b12;", "'2' is not a digit of base 2"},
    {"BadOctal", "mov.u32 %r1, `08;", "'8' is not a digit of base 8"},
    {"BadNumber", "mov.f32 %r1, `1.5x;", "'1.5x' is not a number"},
    {"NoDigits", "mov.u32 %r1, `0x;", "this number has no digits"},
    {"TooLarge", "mov.u64 %r1, `99999999999999999999;", "this number does not fit 64 bits"},
    {"DivisionByZero", "mov.u32 %r1, 1`/0;", "division by zero in a constant expression"},
    {"BadCast", "mov.u32 %r1, (`.f32)1;", "a constant can be cast to '(.s64)' or '(.u64)' only"},
    {"FloatOperator", "mov.f32 %r1, 1.0`+2;",
     "operators on floating-point constants are not supported"},
    {"BadCharacter", "mov.u32 %r1, `\\;", "unexpected character '\\'"},
    {"NotAscii", "mov.u32 %r1, `\xC3\xA9;", "unexpected byte 0xC3: PTX is ASCII text"},
    {"UnclosedComment", "ret; `/* ret;", "this comment is never closed: expected '*/'"},
    {"UnclosedString", ".pragma `\"nounroll;\nret;",
     "this string is never closed: expected '\"' on the same line"},
    {"BadDirective", "`.entry x { }", "'.entry' cannot stand inside a function"},
    {"BadType", ".reg `.b33 x;", "'.b33' is neither a type nor an attribute of a declaration"},
    {"NoType", ".reg `x;", "expected a type such as .b32, found 'x'"},
    {"BadAlignment", ".shared .align `3 .b8 x[4];",
     "alignment 3 is not a power of two up to 1048576"},
    {"NegativeSize", ".shared .b8 x[`-1];",
     "expected the number of elements: an integer that is not negative"},
    {"HugeArray", ".local .b8 x[1048576]`[1048577];", "'x' is larger than 2^40 bytes"},
    {"EmptyInnerDimension", ".local .b8 x[2]`[];",
     "only the first dimension of an array may be empty"},
    {"TooManyRegisters", ".reg .b32 `%x<4194302>;",
     "%x<4194302>: a function may declare 4194304 registers at most"},
    {"BadElement", ".reg .v2 .f32 v; mov.f32 %r1, v`.z;",
     "'v' has 2 elements: '.z' selects none of them"},
    {"BadLocation", ".loc 1 `x", "expected three numbers: file, line and column, found 'x'"},
    {"BadPrototype", "P: .callprototype `;",
     "expected '_' in place of the function's name, found ';'"},
    {"SharedInitialiser", ".shared .u32 `x = 4;",
     "'x' cannot have an initialiser: only .global and .const variables of 8 to 64 bits can"},
};

INSTANTIATE_TEST_SUITE_P(Bodies, ParserError, testing::ValuesIn(kBodyCases),
                         [](const auto& test) { return test.param.name; });

class ModuleError : public testing::TestWithParam<Case> {};

TEST_P(ModuleError, AtModuleScope) {
  expect_error(".version 9.0\n.target sm_80\n.global .u32 g;\n" + GetParam().text,
               GetParam().message);
}

const std::vector<Case> kModuleCases{
    {"Unclosed", ".entry k() `{ ret;",
     "this '{' is never closed: expected '}' before the end of the file"},
    {"UnclosedScope", ".entry k() { `{ ret;",
     "this '{' is never closed: expected '}' before the end of the file"},
    {"UnclosedSection", ".section .debug_str `{ .b8 1",
     "this '{' is never closed: expected '}' before the end of the file"},
    {"NoBody", ".entry k() `x", "expected ';' or a body after the head of the function, found 'x'"},
    {"DefinedTwice", ".func f { ret; }\n.func `f { ret; }", "function 'f' is defined twice"},
    {"VariableTwice", ".global .u32 `g;", "'g' is declared twice"},
    {"BadDirective", "`.foo 1;",
     "'.foo' is not a directive of module scope: expected .entry, .func, .global, .const, "
     ".shared, .file, .section or .pragma"},
    {"NotADirective", "`mov.u32 x, y;",
     "expected a directive such as .entry, .func or .global, found 'mov'"},
    {"SmallAddresses", ".address_size `32",
     "only 64-bit addresses are supported: compile for a 64-bit target"},
    {"BadAttribute", ".entry k() `.maxfoo 3 { }",
     "'.maxfoo' is not an attribute of a function: expected .maxntid, .reqntid, .minnctapersm, "
     ".maxnreg, .reqnctapercluster, .noreturn, '{' or ';'"},
    {"BadBlockSize", ".entry k() .maxntid `0 { }",
     "expected up to three sizes between 1 and 65535"},
    {"BadParameter", ".entry k(`.global .u32 x) { }",
     "expected a parameter: .param or .reg, found '.global'"},
    {"TooManyValues", ".global .u8 x[2] = {1, 2, `3};", "more values than elements"},
    {"TooManyRows", ".global .u8 x[1][2] = {{1, 2}, `{3}};", "more values than elements"},
    {"TooDeep", ".global .u8 x[2] = {`{1}};", "more nested braces than the array has dimensions"},
    {"DoesNotFit", ".global .u8 x = `256;", "this value does not fit .u8"},
    {"NegativeDoesNotFit", ".global .s8 x = `-129;", "this value does not fit .s8"},
    {"FloatInInteger", ".global .u32 x = `1.5;", "a floating-point value for .u32"},
    {"AddressInByte", ".global .u8 x = `g;", "the address of 'g' does not fit 1 bytes"},
    {"BadMask", ".global .u8 x = `0xF0(g);",
     "expected a mask that selects one byte: 0xFF, 0xFF00, ..."},
    {"UndeclaredSymbol", ".global .u64 `x = h;",
     "the initialiser of 'x' names 'h', which is not declared"},
    {"NoValue", ".global .u32 x = `;", "expected a value: a constant or a symbol, found ';'"},
    {"BadAlias", ".alias h, `nothing;", "function 'nothing' is not declared"},
    {"Misplaced", "`}", "expected a directive such as .entry, .func or .global, found '}'"},
};

INSTANTIATE_TEST_SUITE_P(Modules, ModuleError, testing::ValuesIn(kModuleCases),
                         [](const auto& test) { return test.param.name; });

TEST(HeaderError, NamesWhatAModuleBeginsWith) {
  expect_error("`",
               "expected '.version', with which a PTX module begins, found the end of the file");
  expect_error("`int main() {}",
               "expected '.version', with which a PTX module begins, found 'int'");
  expect_error(".version `nine", "expected a version such as 9.0, found 'nine'");
  expect_error(".version 9.0\n`.entry k { }", "expected '.target' after .version, found '.entry'");
}

TEST(HeaderError, DeepNestingIsRefused) {
  const std::string head = ".version 9.0 .target sm_80 .entry k() { .reg .b32 r; ";
  expect_error(head + std::string(255, '{') + "`" + std::string(99999, '{'),
               "more than 256 nested scopes");
  expect_error(head + "mov.u32 r, " + std::string(64, '(') + "`" + std::string(99999, '('),
               "this constant is nested too deeply");
  expect_error(head + "mov.u32 r, " + std::string(64, '-') + "`" + std::string(99999, '-'),
               "this constant is nested too deeply");
}

}  // namespace
}  // namespace fitest::ptx
