//! The modules of a crate, and what their product code names.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Meta, Token, UseTree, Visibility};

/// The segments of a path: of a module, from the root of the crate; or as code has it.
pub type Path = Vec<String>;

/// The modules of a crate that are compiled into the product, by their paths. Code under `#[cfg(test)]` is left out.
pub struct Crate(BTreeMap<Path, Module>);

/// A module of a file, or within one.
#[derive(Default)]
struct Module {
    file: String,
    uses: Vec<Use>,
    /// The paths outside of `use`.
    paths: Vec<Path>,
}

struct Use {
    path: Path,
    /// The name that the module knows the item by, `*` for a glob.
    name: String,
    is_reexport: bool,
}

/// A path into the crate.
pub struct Mention {
    /// The file with the path.
    pub file: String,
    /// The path as the code has it.
    pub path: String,
    /// The files that define the item: none if another crate does, several if a module and a function have the name.
    pub homes: BTreeSet<String>,
    /// The top modules that the path and the re-exports on it pass through.
    pub rooms: BTreeSet<String>,
}

impl Crate {
    /// Reads a crate from the texts of its source files, by their paths below `src`, beginning at `lib.rs`.
    pub fn read(files: &BTreeMap<String, String>) -> Self {
        let mut reader = Reader { files, modules: BTreeMap::new(), module: Path::new() };
        reader.read_file("lib.rs");
        Self(reader.modules)
    }

    /// Returns the names of the top modules.
    pub fn rooms(&self) -> BTreeSet<String> {
        self.0.keys().filter_map(|path| path.first().cloned()).collect()
    }

    /// Returns all paths into the crate. A module's re-export from a descendant only gives an item a second name, so it
    /// has no homes.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for (at, module) in &self.0 {
            let paths = module.paths.iter().map(|path| (path, false, false));
            let uses = module.uses.iter().map(|used| (&used.path, true, used.is_reexport));
            for (path, is_use, is_reexport) in paths.chain(uses) {
                let mut found = Found::default();
                self.resolve(at, path, is_use, &mut found);
                if is_reexport {
                    found.homes.retain(|home| !home.starts_with(at));
                }
                if !found.passed.is_empty() {
                    mentions.push(Mention {
                        file: module.file.clone(),
                        path: path.join("::"),
                        homes: found.homes.iter().map(|home| self.0[home].file.clone()).collect(),
                        rooms: found.passed.iter().filter_map(|module| module.first().cloned()).collect(),
                    });
                }
            }
        }
        mentions
    }

    /// Returns the `use` items that import all of a module of the crate, with their files.
    pub fn globs(&self) -> Vec<String> {
        let mut globs = Vec::new();
        for (at, module) in &self.0 {
            for glob in module.uses.iter().filter(|used| used.name == "*") {
                let mut found = Found::default();
                self.resolve(at, &glob.path, true, &mut found);
                if !found.homes.is_empty() {
                    globs.push(format!("{} uses {}::*", module.file, glob.path.join("::")));
                }
            }
        }
        globs
    }

    /// Finds where a path from `module` leads. Paths to other crates, to locals and within the module lead nowhere.
    fn resolve(&self, module: &[String], path: &[String], is_use: bool, found: &mut Found) {
        match path.first().map(String::as_str) {
            Some("crate") => self.walk(&[], &path[1..], found),
            Some("self") => self.walk(module, &path[1..], found),
            Some("super") => {
                let supers = path.iter().take_while(|segment| *segment == "super").count();
                self.walk(&module[..module.len() - supers], &path[supers..], found);
            }
            Some(_) => {
                // A lone name in code is not a module: it may be a local variable or a macro with the name of one.
                self.walk_name(module, path, is_use || path.len() > 1, found);
            }
            None => {}
        }
    }

    fn walk(&self, module: &[String], path: &[String], found: &mut Found) {
        found.passed.insert(module.to_vec());
        if path.is_empty() || !self.walk_name(module, path, true, found) {
            found.homes.insert(module.to_vec());
        }
    }

    /// Follows the first name of a path into a child module and through the `use` items that bind it. Returns whether
    /// there are any; otherwise the name is an item of the module or of nothing in the crate.
    fn walk_name(&self, module: &[String], path: &[String], may_be_module: bool, found: &mut Found) -> bool {
        let name = &path[0];
        let child = child(module, name);
        let is_child = self.0.contains_key(&child);
        let mut is_bound = is_child && may_be_module;
        if is_bound {
            self.walk(&child, &path[1..], found);
            if path.len() > 1 {
                // Only a module has items, so the name is not also a function or a macro.
                return true;
            }
        }
        for used in self.0[module].uses.iter().filter(|used| used.name == *name) {
            // Without such a child, a path that begins with the name it binds begins at another crate, or is a macro.
            if is_child || used.path[0] != *name {
                self.resolve(module, &[&used.path[..], &path[1..]].concat(), true, found);
                is_bound = true;
            }
        }
        is_bound
    }
}

/// Where a path leads.
#[derive(Default)]
struct Found {
    homes: BTreeSet<Path>,
    passed: BTreeSet<Path>,
}

fn child(module: &[String], name: &str) -> Path {
    [module, &[name.to_string()]].concat()
}

struct Reader<'a> {
    files: &'a BTreeMap<String, String>,
    modules: BTreeMap<Path, Module>,
    /// The module that is being read.
    module: Path,
}

impl Reader<'_> {
    fn read_file(&mut self, file: &str) {
        let syntax = syn::parse_file(&self.files[file]).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.enter(file);
        self.visit_file(&syntax);
    }

    /// Begins the current module, or continues one that has a variant for each platform.
    fn enter(&mut self, file: &str) {
        self.modules.entry(self.module.clone()).or_default().file = file.to_string();
    }

    fn module(&mut self) -> &mut Module {
        self.modules.get_mut(&self.module).unwrap()
    }

    fn add_uses(&mut self, tree: &UseTree, mut prefix: Path, is_reexport: bool) {
        let (last, name) = match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                return self.add_uses(&path.tree, prefix, is_reexport);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.add_uses(tree, prefix.clone(), is_reexport));
            }
            UseTree::Name(name) => (Some(&name.ident), name.ident.to_string()),
            UseTree::Rename(rename) => (Some(&rename.ident), rename.rename.to_string()),
            UseTree::Glob(_) => (None, "*".to_string()),
        };
        let name = if name == "self" { prefix.last().unwrap().clone() } else { name };
        prefix.extend(last.map(|ident| ident.to_string()).filter(|ident| ident != "self"));
        self.module().uses.push(Use { path: prefix, name, is_reexport });
    }

    /// Adds the paths in the tokens of a macro.
    fn add_paths(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Path::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.module().paths.push(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                token => {
                    self.module().paths.push(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = token {
                        self.add_paths(group.stream());
                    }
                }
            }
        }
        self.module().paths.push(path);
    }
}

/// Visits nodes unless they are compiled for tests only.
macro_rules! visit_product {
    ($($method:ident: $node:ident,)*) => {
        $(fn $method(&mut self, node: &'ast syn::$node) {
            if !is_test(&node.attrs) {
                visit::$method(self, node);
            }
        })*
    };
}

impl<'ast> Visit<'ast> for Reader<'_> {
    visit_product! {
        visit_item_const: ItemConst, visit_item_enum: ItemEnum, visit_item_fn: ItemFn, visit_item_impl: ItemImpl,
        visit_item_macro: ItemMacro, visit_item_static: ItemStatic, visit_item_struct: ItemStruct,
        visit_item_trait: ItemTrait, visit_item_type: ItemType, visit_impl_item_const: ImplItemConst,
        visit_impl_item_fn: ImplItemFn, visit_trait_item_fn: TraitItemFn, visit_field: Field,
        visit_field_value: FieldValue, visit_variant: Variant, visit_arm: Arm, visit_local: Local,
        visit_expr_block: ExprBlock,
    }

    fn visit_item_mod(&mut self, node: &'ast syn::ItemMod) {
        if is_test(&node.attrs) {
            return;
        }
        let file = self.module().file.clone();
        self.module.push(node.ident.to_string());
        if let Some((_, items)) = &node.content {
            self.enter(&file);
            items.iter().for_each(|item| self.visit_item(item));
        } else {
            let path = self.module.join("/");
            let candidates = [format!("{path}.rs"), format!("{path}/mod.rs")];
            let child = candidates.iter().find(|candidate| self.files.contains_key(*candidate));
            self.read_file(child.unwrap_or_else(|| panic!("{file}: the module {} has no file", node.ident)));
        }
        self.module.pop();
    }

    fn visit_item_use(&mut self, node: &'ast syn::ItemUse) {
        if !is_test(&node.attrs) && node.leading_colon.is_none() {
            self.add_uses(&node.tree, Path::new(), !matches!(node.vis, Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, node: &'ast syn::Path) {
        if node.leading_colon.is_none() {
            let path = node.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.module().paths.push(path);
        }
        visit::visit_path(self, node);
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        visit::visit_macro(self, node);
        self.add_paths(node.tokens.clone());
    }

    // Neither names an item: doc comments and `#[error("…")]`; `pub(crate)`.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// Whether a node is left out of the product, as under `#[cfg(test)]`.
fn is_test(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.map(|attribute| holds(&attribute.parse_args().unwrap())).any(|holds| holds == Some(false))
}

/// Returns whether a condition holds in the product, if that depends on `test` alone.
fn holds(condition: &Meta) -> Option<bool> {
    let Meta::List(list) = condition else { return condition.path().is_ident("test").then_some(false) };
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap();
    let parts: Vec<_> = parts.iter().map(holds).collect();
    // The value that decides, however the others are.
    let decisive = match list.path.get_ident()?.to_string().as_str() {
        "not" => return parts[0].map(|holds| !holds),
        "all" => false,
        _ => true,
    };
    if parts.contains(&Some(decisive)) { Some(decisive) } else { (!parts.contains(&None)).then_some(!decisive) }
}
