"""Scripts with which shells complete the commands, made of their table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal

from desktop_kb.cli.command import Command
from desktop_kb.cli.outline import Level, Option, outline
from desktop_kb.cli.speech import tr

Shell = Literal["bash", "zsh", "fish", "powershell"]


def completion(commands: Sequence[Command], shell: Shell) -> str:
    """The script that completes the commands in this shell."""
    return _SCRIPTS[shell](outline(commands))


# --- bash ------------------------------------------------------------------------------------

_BASH: Final = r"""# bash completion for desktop-kb; made by 'desktop-kb completion bash'

_desktop_kb() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} level= word i skip= found=
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $skip ]]; then skip=; continue; fi
        case $word in
            --) compopt +o default 2>/dev/null; return ;;
            @TAKING@) skip=1 ;;
            -*) ;;
            *) case "$level/$word" in
                @COMMANDS@) level="${level:+$level }$word" ;;
            esac ;;
        esac
    done
    case "$level:$prev" in
@VALUES@
    esac
    case "$level:$cur" in
@WORDS@
    esac
    COMPREPLY=($(compgen -W "$found" -- "$cur"))
}
complete -o bashdefault -o default -F _desktop_kb desktop-kb
"""


def _bash(program: Level) -> str:
    levels = list(program.all())
    commands = [f'"{level.words}/{below.name}"' for level in levels for below in level.below]
    values: list[str] = []
    words: list[str] = []
    for level in levels:
        for option in level.options:
            at = "|".join(
                f'*":{name}"' if level is program else f'"{level.words}:{name}"' for name in option.names
            )
            if option.choices:
                chosen = " ".join(option.choices)
                values.append(f'        {at}) COMPREPLY=($(compgen -W "{chosen}" -- "$cur")); return ;;')
            elif option.takes:
                kept = "" if option.is_file else "compopt +o default 2>/dev/null; "
                values.append(f"        {at}) {kept}return ;;")
        names = " ".join(name for option in (*level.options, *program.options) for name in option.names)
        words.append(f'        "{level.words}:-"*) found="{names} --help" ;;')
        kept = "" if level.takes_files else "compopt +o default 2>/dev/null; "
        words.append(f'        "{level.words}:"*) {kept}found="{" ".join(level.values)}" ;;')
    return (
        _BASH.replace("@TAKING@", "|".join(program.taking))
        .replace("@COMMANDS@", "|".join(commands))
        .replace("@VALUES@", "\n".join(values))
        .replace("@WORDS@", "\n".join(words))
    )


# --- zsh -------------------------------------------------------------------------------------

_ZSH: Final = r"""#compdef desktop-kb
# made by 'desktop-kb completion zsh'

@FUNCTIONS@
if [ "$funcstack[1]" = "_desktop-kb" ]; then
    _desktop_kb "$@"
else
    compdef _desktop_kb desktop-kb
fi
"""


def _zsh(program: Level) -> str:
    return _ZSH.replace("@FUNCTIONS@", "\n".join(_zsh_function(level, program) for level in program.all()))


def _zsh_function(level: Level, program: Level) -> str:
    general = () if level is program else program.options
    specs = [spec for option in (*level.options, *general) for spec in _zsh_options(option)]
    specs.append("'(- *)'{-h,--help}" + _quoted(f"[{tr('show help')}]"))
    lines = [f"{_zsh_name(level)}() {{"]
    if level.below:
        specs += ["'1: :->command'", "'*:: :->rest'"]
        lines.append("    local curcontext=$curcontext state line")
        lines.append("    _arguments -C \\\n        " + " \\\n        ".join(specs))
        lines.append("    case $state in\n    command)\n        local -a commands=(")
        lines += [f"            {_quoted(f'{_colons(one.name)}:{_colons(one.help)}')}" for one in level.below]
        lines.append("        )\n        _describe command commands ;;\n    rest)\n        case $words[1] in")
        lines += [f"        {one.name}) {_zsh_name(one)} ;;" for one in level.below]
        lines.append("        esac ;;\n    esac")
    else:
        for option in level.positional:
            specs.append(
                _quoted(f"{'*' if option.repeats else ''}:{_colons(option.takes)}:{_zsh_value(option)}")
            )
        lines.append("    _arguments -s \\\n        " + " \\\n        ".join(specs))
    return "\n".join([*lines, "}", ""])


def _zsh_name(level: Level) -> str:
    return "_desktop_kb" + "".join(f"_{word}" for word in level.words.split())


def _zsh_options(option: Option) -> Iterator[str]:
    said = re.sub(r"([\[\]:\\])", r"\\\1", option.help)
    value = f":{_colons(option.takes)}:{_zsh_value(option)}" if option.takes else ""
    for name in option.names:
        yield _quoted(f"{'*' if option.repeats else ''}{name}[{said}]{value}")


def _zsh_value(option: Option) -> str:
    if option.choices:
        return f"({' '.join(option.choices)})"
    return "_files" if option.is_file else " "


def _colons(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# --- fish ------------------------------------------------------------------------------------

_FISH: Final = r"""# fish completion for desktop-kb; made by 'desktop-kb completion fish'

function __desktop_kb_at --description 'whether this command is being typed'
    set -l level ''
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case @TAKING@
                set skip 1
            case '-*'
            case '*'
                switch "$level/$word"
                    case @COMMANDS@
                        set level (string trim "$level $word")
                end
        end
    end
    test "$level" = "$argv[1]"
end

complete -c desktop-kb -f
"""


def _fish(program: Level) -> str:
    levels = list(program.all())
    commands = [f"'{level.words}/{below.name}'" for level in levels for below in level.below]
    lines = [_FISH.replace("@TAKING@", " ".join(program.taking)).replace("@COMMANDS@", " ".join(commands))]
    for level in levels:
        at = "complete -c desktop-kb" + (
            "" if level is program else f" -n \"__desktop_kb_at '{level.words}'\""
        )
        top = "complete -c desktop-kb -n \"__desktop_kb_at ''\"" if level is program else at
        lines += [f"{top} -a {one.name} -d {_fish_quoted(one.help)}" for one in level.below]
        for option in level.positional:
            if option.choices:
                lines.append(f"{at} -a {_fish_quoted(' '.join(option.choices))}")
            elif option.is_file:
                lines.append(f"{at} -F")
        for option in level.options:
            names = " ".join(
                f"-{'l' if name.startswith('--') else 's'} {name.lstrip('-')}" for name in option.names
            )
            value = ""
            if option.takes:
                choices = f" -a {_fish_quoted(' '.join(option.choices))}" if option.choices else ""
                value = " -rF" if option.is_file else f" -x{choices}"
            lines.append(f"{at} {names}{value} -d {_fish_quoted(option.help)}")
    return "\n".join(lines) + "\n"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# --- PowerShell ------------------------------------------------------------------------------

_POWERSHELL: Final = r"""# PowerShell completion for desktop-kb; made by 'desktop-kb completion powershell'

Register-ArgumentCompleter -Native -CommandName 'desktop-kb' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $levels = @{
@LEVELS@
    }
    $values = @{
@VALUES@
    }
    $taking = @(@TAKING@)
    $level = ''
    $previous = ''
    $skip = $false
    $before = $commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition }
    foreach ($element in $before) {
        $word = $element.ToString()
        $previous = $word
        if ($skip) { $skip = $false; continue }
        if ($taking -contains $word) { $skip = $true; continue }
        if ($word.StartsWith('-')) { continue }
        $next = "$level $word".Trim()
        if ($levels.ContainsKey($next)) { $level = $next }
    }
    $found = if ($values.ContainsKey("$level $previous")) { $values["$level $previous"] }
        elseif ($skip) { @() }
        elseif ($wordToComplete.StartsWith('-')) { $levels[$level] | Where-Object { $_.StartsWith('-') } }
        else { $levels[$level] | Where-Object { -not $_.StartsWith('-') } }
    $found | Where-Object { $_ -like "$wordToComplete*" } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
"""


def _powershell(program: Level) -> str:
    def listed(words: Sequence[str]) -> str:
        return ", ".join(f"'{word}'" for word in words)

    levels = list(program.all())
    rows: list[str] = []
    values: list[str] = []
    for level in levels:
        general = () if level is program else program.options
        names = [name for option in (*level.options, *general) for name in option.names]
        rows.append(f"        '{level.words}' = @({listed([*level.values, *names, '--help'])})")
        for option in level.options:
            if option.choices:
                values += [
                    f"        '{level.words} {name}' = @({listed(option.choices)})" for name in option.names
                ]
    return (
        _POWERSHELL.replace("@LEVELS@", "\n".join(rows))
        .replace("@VALUES@", "\n".join(values))
        .replace("@TAKING@", listed(program.taking))
    )


_SCRIPTS: Final[Mapping[Shell, Callable[[Level], str]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "powershell": _powershell,
}
