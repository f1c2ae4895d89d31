// SPDX-License-Identifier: Apache-2.0
// Module scope: parse_module().
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "ptx/body.h"
#include "ptx/constant.h"
#include "ptx/declaration.h"
#include "ptx/lexer.h"
#include "ptx/module.h"

namespace fitest::ptx {
namespace {

struct Linkage {
  bool is_extern = false;
  bool is_common = false;
};

class ModuleParser {
 public:
  explicit ModuleParser(const SourcePtr& source) : lexer_(source), module_(new Module) {
    module_->source = source;
  }
  std::shared_ptr<const Module> parse();

 private:
  void parse_header();
  void parse_item();
  void parse_other(const Token& directive);
  Linkage parse_linkage();
  void parse_variables(Linkage linkage);
  void parse_function(Linkage linkage);
  void parse_signature(Function& function, std::vector<Declarator>& declared);
  void parse_attributes(Function& function);
  void parse_attribute(Function& function, const Token& directive);
  std::vector<std::uint32_t> parse_dimensions();
  void add_function(Function function, const Token& name);
  void parse_file();
  void parse_section();
  void parse_alias();
  void require_symbols_of(const Variable& variable) const;

  Lexer lexer_;
  std::shared_ptr<Module> module_;
  NameSet names_;
  std::unordered_map<std::string, std::size_t> function_indices_;
};

std::shared_ptr<const Module> ModuleParser::parse() {
  parse_header();
  while (lexer_.peek().kind != TokenKind::End) parse_item();
  for (const Variable& variable : module_->variables) require_symbols_of(variable);
  return module_;
}

void ModuleParser::parse_header() {
  if (!lexer_.accept_dotted("version")) {
    lexer_.fail_expected("'.version', with which a PTX module begins");
  }
  const Token version = lexer_.next();
  const std::size_t dot = version.text.find('.');
  const auto digits = [](std::string_view text) {
    return !text.empty() && text.size() < 4 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (version.kind != TokenKind::Number || dot == std::string_view::npos ||
      !digits(version.text.substr(0, dot)) || !digits(version.text.substr(dot + 1))) {
    lexer_.fail(version.range,
                fmt::format("expected a version such as 9.0, found {}", describe(version)));
  }
  module_->version_major = std::stoi(std::string(version.text.substr(0, dot)));
  module_->version_minor = std::stoi(std::string(version.text.substr(dot + 1)));
  if (!lexer_.accept_dotted("target")) lexer_.fail_expected("'.target' after .version");
  module_->target = std::string(lexer_.expect_word("a target such as sm_80").text);
  while (lexer_.accept(',')) lexer_.expect_word("an option of .target");
}

Linkage ModuleParser::parse_linkage() {
  Linkage linkage;
  while (true) {
    if (lexer_.accept_dotted("extern")) {
      linkage.is_extern = true;
    } else if (lexer_.accept_dotted("common")) {
      linkage.is_common = true;
    } else if (!lexer_.accept_dotted("visible") && !lexer_.accept_dotted("weak")) {
      return linkage;
    }
  }
}

void ModuleParser::parse_item() {
  const Linkage linkage = parse_linkage();
  const Token token = lexer_.peek();
  if (token.is_dotted("entry") || token.is_dotted("func")) return parse_function(linkage);
  const std::optional<StateSpace> space = declared_space(token);
  const bool variable = space && space != StateSpace::Reg && space != StateSpace::Local;
  if (variable) return parse_variables(linkage);
  if (token.kind != TokenKind::Dotted) {
    lexer_.fail_expected("a directive such as .entry, .func or .global");
  }
  parse_other(lexer_.next());
}

void ModuleParser::parse_other(const Token& directive) {
  if (directive.text == "address_size") {
    const SourceRange range = lexer_.peek().range;
    if (parse_count(lexer_, "64 after .address_size") != 64) {
      lexer_.fail(range, "only 64-bit addresses are supported: compile for a 64-bit target");
    }
  } else if (directive.text == "file") {
    parse_file();
  } else if (directive.text == "section") {
    parse_section();
  } else if (directive.text == "alias") {
    parse_alias();
  } else if (directive.text == "pragma") {
    while (lexer_.peek().kind == TokenKind::String || lexer_.peek().is(',')) lexer_.next();
    lexer_.expect(';', "after .pragma");
  } else {
    lexer_.fail(directive.range,
                fmt::format("{} is not a directive of module scope: expected .entry, .func, "
                            ".global, .const, .shared, .file, .section or .pragma",
                            describe(directive)));
  }
}

void ModuleParser::parse_variables(Linkage linkage) {
  const DeclarationHead head = parse_declaration_head(lexer_);
  do {
    Declarator declarator = parse_declarator(lexer_, head);
    declarator.variable.is_extern = linkage.is_extern;
    const bool is_new = names_.insert(declarator.name.text).second;
    parse_initializer(lexer_, declarator);
    const auto same = std::find_if(
        module_->variables.begin(), module_->variables.end(),
        [&](const Variable& other) { return !is_new && other.name == declarator.variable.name; });
    if (is_new) {
      module_->variables.push_back(std::move(declarator.variable));
    } else if (same != module_->variables.end() && (same->is_extern || linkage.is_extern)) {
      if (same->is_extern) *same = std::move(declarator.variable);
    } else {
      lexer_.fail(declarator.name.range,
                  fmt::format("'{}' is declared twice", declarator.name.text));
    }
  } while (lexer_.accept(','));
  lexer_.expect(';', "after the declaration");
}

void ModuleParser::parse_function(Linkage linkage) {
  Function function;
  const Token keyword = lexer_.next();
  function.is_entry = keyword.text == "entry";
  std::vector<Declarator> declared;
  const std::size_t begin = keyword.range.begin;
  if (!function.is_entry && lexer_.accept_dotted("attribute")) {
    lexer_.expect('(', "after .attribute");
    while (!lexer_.peek().is(')') && lexer_.peek().kind != TokenKind::End) lexer_.next();
    lexer_.expect(')', "after the attribute");
  }
  if (lexer_.peek().is('(')) {
    declared = parse_parameters(lexer_);
    for (const Declarator& result : declared) function.return_parameters.push_back(result.variable);
  }
  const Token name = lexer_.expect_word("the name of the function");
  function.name = std::string(name.text);
  names_.insert(name.text);
  parse_signature(function, declared);
  function.range = {begin, lexer_.previous_end()};
  function.is_declaration = linkage.is_extern || !lexer_.peek().is('{');
  if (function.is_declaration) {
    lexer_.expect(';', "or a body after the head of the function");
  } else {
    BodyParser body(lexer_, function, names_);
    body.declare_parameters(declared);
    body.parse();
  }
  add_function(std::move(function), name);
}

void ModuleParser::parse_signature(Function& function, std::vector<Declarator>& declared) {
  if (lexer_.peek().is('(')) {
    for (Declarator& parameter : parse_parameters(lexer_)) {
      function.parameters.push_back(parameter.variable);
      declared.push_back(std::move(parameter));
    }
  }
  parse_attributes(function);
}

void ModuleParser::parse_attributes(Function& function) {
  while (lexer_.peek().kind == TokenKind::Dotted) {
    const Token directive = lexer_.next();
    parse_attribute(function, directive);
  }
}

void ModuleParser::parse_attribute(Function& function, const Token& directive) {
  constexpr std::array<std::string_view, 6> counts{"minnctapersm", "maxnctapersm",
                                                   "maxnreg",      "maxclusterrank",
                                                   "abi_preserve", "abi_preserve_control"};
  if (directive.text == "maxntid") {
    std::uint32_t product = 1;
    for (const std::uint32_t size : parse_dimensions()) product *= size;
    function.max_threads = product;
  } else if (directive.text == "reqntid") {
    function.required_threads = parse_dimensions();
  } else if (directive.text == "reqnctapercluster") {
    function.required_cluster = parse_dimensions();
  } else if (std::find(counts.begin(), counts.end(), directive.text) != counts.end()) {
    parse_count(lexer_, fmt::format("a number after .{}", directive.text));
  } else if (directive.text == "pragma") {
    while (lexer_.peek().kind == TokenKind::String || lexer_.peek().is(',')) lexer_.next();
    lexer_.expect(';', "after .pragma");
  } else if (directive.text == "noreturn") {
    function.is_noreturn = true;
  } else if (directive.text != "explicitcluster" && directive.text != "blocksareclusters" &&
             directive.text != "unique") {
    lexer_.fail(directive.range,
                fmt::format("{} is not an attribute of a function: expected .maxntid, .reqntid, "
                            ".minnctapersm, .maxnreg, .reqnctapercluster, .noreturn, '{{' or ';'",
                            describe(directive)));
  }
}

std::vector<std::uint32_t> ModuleParser::parse_dimensions() {
  constexpr std::uint64_t max_dimension = 65535;
  std::vector<std::uint32_t> sizes;
  do {
    const SourceRange range = lexer_.peek().range;
    const std::uint64_t size = parse_count(lexer_, "a size");
    if (sizes.size() == 3 || size == 0 || size > max_dimension) {
      lexer_.fail(range, fmt::format("expected up to three sizes between 1 and {}", max_dimension));
    }
    sizes.push_back(static_cast<std::uint32_t>(size));
  } while (lexer_.accept(','));
  sizes.resize(3, 1);
  return sizes;
}

void ModuleParser::add_function(Function function, const Token& name) {
  const auto [known, is_new] = function_indices_.emplace(function.name, module_->functions.size());
  if (is_new) {
    module_->functions.push_back(std::move(function));
    return;
  }
  Function& earlier = module_->functions[known->second];
  if (function.is_declaration) return;
  if (!earlier.is_declaration) {
    lexer_.fail(name.range, fmt::format("function '{}' is defined twice", name.text));
  }
  earlier = std::move(function);
}

void ModuleParser::parse_file() {
  const auto number = static_cast<int>(parse_count(lexer_, "the number of the file"));
  if (lexer_.peek().kind != TokenKind::String) lexer_.fail_expected("the file's name in quotes");
  module_->files[number] = std::string(lexer_.next().text);
  while (lexer_.accept(',')) parse_count(lexer_, "a timestamp or size");
}

void ModuleParser::parse_section() {
  if (lexer_.peek().kind != TokenKind::Dotted) lexer_.fail_expected("the name of the section");
  lexer_.next();
  const Token open = lexer_.expect('{', "before the contents of the section");
  if (!lexer_.skip_braces()) {
    lexer_.fail(open.range, "this '{' is never closed: expected '}' before the end of the file");
  }
}

void ModuleParser::parse_alias() {
  const Token name = lexer_.expect_word("the alias");
  lexer_.expect(',', "after the alias");
  const Token aliasee = lexer_.expect_word("the function that the alias stands for");
  lexer_.expect(';', "after .alias");
  if (function_indices_.count(std::string(aliasee.text)) == 0) {
    lexer_.fail(aliasee.range, fmt::format("function '{}' is not declared", aliasee.text));
  }
  names_.insert(name.text);
  module_->aliases[std::string(name.text)] = std::string(aliasee.text);
}

void ModuleParser::require_symbols_of(const Variable& variable) const {
  for (const Variable::SymbolInitializer& symbol : variable.initial_symbols) {
    if (names_.count(symbol.symbol) != 0) continue;
    lexer_.fail(variable.range, fmt::format("the initialiser of '{}' names '{}', which is not "
                                            "declared",
                                            variable.name, symbol.symbol));
  }
}

}  // namespace

std::shared_ptr<const Module> parse_module(const SourcePtr& source) {
  return ModuleParser(source).parse();
}

}  // namespace fitest::ptx
