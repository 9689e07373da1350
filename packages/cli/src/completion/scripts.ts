export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/**
 * What a shell reads so that Tab completes `postern`. Each asks the command itself, with the line up to the cursor:
 * the first line of the answer is `none`, `files` or `folders`, each further one a word, a tab, and what it means.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# Completes postern in bash: source this file, or put it in /etc/bash_completion.d
_postern() {
  local current paths word about
  COMPREPLY=()
  # bash takes "ssh://" and "--option=" for several words; this is the last part of what is being written.
  current=\${COMP_WORDS[COMP_CWORD]}
  [[ $current == [=:] ]] && current=
  local line=\${COMP_LINE:0:COMP_POINT}
  local before=
  if [[ \${COMP_WORDBREAKS} == *:* && $line =~ [[:space:]]([^[:space:]]*:)[^:[:space:]]*$ ]]; then
    before=\${BASH_REMATCH[1]}
  fi
  {
    IFS= read -r paths
    while IFS=$'\\t' read -r word about; do
      COMPREPLY+=("\${word#"$before"}")
    done
  } < <("\${COMP_WORDS[0]}" __complete "$line" 2> /dev/null)
  [[ -n $before ]] && paths=none
  case $paths in
    files) compopt -o filenames; while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current") ;;
    folders) compopt -o filenames; while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$current") ;;
  esac
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *// ]]; then compopt -o nospace; fi
}
complete -F _postern postern
`,
  zsh: `#compdef postern
# Completes postern in zsh: put this file as _postern into a folder of $fpath, or source it after compinit.
_postern() {
  local paths line current=$words[CURRENT]
  local -a answer found
  answer=("\${(@f)$("\${words[1]}" __complete "\${(j: :)words[1,CURRENT]}" 2> /dev/null)}")
  paths=$answer[1]
  for line in "\${(@)answer[2,-1]}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  [[ $current == --*=* ]] && compset -P '*='
  (( $#found )) && _describe 'postern' found
  case $paths in
    files) _files ;;
    folders) _files -/ ;;
  esac
}
if [[ \${funcstack[1]} == _postern ]]; then _postern "$@"; else compdef _postern postern; fi
`,
  fish: `# Completes postern in fish: put this file as postern.fish into ~/.config/fish/completions
function __postern_complete
    set -l answer (postern __complete (commandline -cp) 2> /dev/null)
    set -l current (commandline -ct)
    set -l option (string match -r -- '^--[^=]+=' $current)
    for line in $answer[2..-1]
        printf '%s\\n' "$option$line"
    end
    switch "$answer[1]"
        case files
            __fish_complete_path (string replace -r -- '^--[^=]+=' '' $current)
        case folders
            __fish_complete_directories (string replace -r -- '^--[^=]+=' '' $current)
    end
end
complete -c postern -f -a '(__postern_complete)'
`,
};
