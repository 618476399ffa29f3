/**
 * The completion scripts. Each asks `cca-rim completion SHELL --complete` for lines of
 * "value TAB summary"; the value `:files` stands for the files of the current folder.
 *
 * @module
 */

const BASH = `# cca-rim completion for bash
_cca_rim() {
  local line file word=\${COMP_WORDS[COMP_CWORD]}
  [[ $word == = ]] && word=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files* ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$word")
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" completion bash --complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _cca_rim cca-rim
`;

const ZSH = `#compdef cca-rim
# cca-rim completion for zsh
_cca_rim() {
  local line value summary
  local -a values shown
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    if [[ $value == :files ]]; then
      _files
    else
      values+=("$value")
      summary=\${line#*$'\\t'}
      shown+=("$value\${summary:+  $summary}")
    fi
  done < <("\${words[1]}" completion zsh --complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#values} )) && compadd -l -d shown -a values
}
if [[ "\${funcstack[1]}" == _cca_rim ]]; then
  _cca_rim "$@"
elif (( \${+functions[compdef]} )); then
  compdef _cca_rim cca-rim
fi
`;

const FISH = `# cca-rim completion for fish
function __cca_rim_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] completion fish --complete -- $words[2..-1] 2>/dev/null)
    if string match -q ':files*' -- $line
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c cca-rim -f -a '(__cca_rim_complete)'
`;

/** One script a shell, to be sourced. */
export const SCRIPTS: Readonly<Record<"bash" | "zsh" | "fish", string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
};
