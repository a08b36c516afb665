"""The signs that commands of TeX stand for in formulas: a table."""

from __future__ import annotations

from typing import Final


def _pairs(written: str) -> dict[str, str]:
    words = written.split()
    return {f"\\{name}": sign for name, sign in zip(words[::2], words[1::2], strict=True)}


def _commands(written: str) -> frozenset[str]:
    return frozenset(f"\\{name}" for name in written.split())


#: Names that are set upright, as they are.
NAMES: Final = _commands(
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth log ln lg exp lim limsup liminf max min sup inf"
    " arg det dim ker hom deg gcd Pr mod argmax argmin rank tr diag sgn"
)
#: What only says how to set what follows.
DROPPED: Final = _commands(
    "displaystyle textstyle scriptstyle limits nolimits nonumber notag big Big bigg Bigg bigl bigr Bigl Bigr biggl"
    " biggr Biggl Biggr left right middle mathstrut centering ! / ( ) [ ]"
) | {"$", "$$", "&"}
BLANKS: Final = _commands(", ; : > quad qquad enspace thinspace") | {"\\ ", "~"}
UPRIGHT: Final = _commands("text textrm mathrm operatorname operatorname* mbox mathsf mathtt textit rm")
BOLD: Final = _commands("mathbf boldsymbol bm textbf pmb")
FRACTIONS: Final = _commands("frac dfrac tfrac cfrac")
#: What is not shown, with its argument.
NAMELESS: Final = _commands("label ref eqref vspace hspace phantom vphantom hphantom")
_RELATIONS: Final = _pairs(
    "le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠ approx ≈ equiv ≡ sim ∼ simeq ≃ cong ≅"
    " propto ∝ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ subsetneq ⊊ ll ≪ gg ≫ prec ≺"
    " succ ≻ preceq ⪯ succeq ⪰ vdash ⊢ models ⊨ to → rightarrow → longrightarrow ⟶ leftarrow ← gets ←"
    " leftrightarrow ↔ Rightarrow ⇒ implies ⇒ Longrightarrow ⟹ Leftarrow ⇐ Leftrightarrow ⇔ iff ⇔ mapsto ↦"
    " longmapsto ⟼ hookrightarrow ↪ rightharpoonup ⇀ uparrow ↑ downarrow ↓ perp ⊥ parallel ∥ mid | nmid ∤"
    " coloneqq ≔ triangleq ≜ doteq ≐ asymp ≍ bowtie ⋈ leadsto ⇝ rightleftharpoons ⇌"
)
_BINARY: Final = _pairs(
    "pm ± mp ∓ times × div ÷ cdot · ast ∗ star ⋆ circ ∘ bullet • oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙ cap ∩"
    " cup ∪ sqcap ⊓ sqcup ⊔ vee ∨ lor ∨ wedge ∧ land ∧ setminus ∖ amalg ⨿ dagger † ltimes ⋉ rtimes ⋊"
    " uplus ⊎"
)
#: What a sign is shown as.
SIGNS: Final = (
    _RELATIONS
    | _BINARY
    | _pairs(
        "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ"
        " mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ"
        " chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω"
        " sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ oint ∮ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂ bigvee ⋁"
        " bigwedge ⋀ infty ∞ partial ∂ nabla ∇ forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬ emptyset ∅ varnothing ∅ Re ℜ"
        " Im ℑ ell ℓ hbar ℏ aleph ℵ wp ℘ angle ∠ triangle △ square □ Box □ blacksquare ■ diamond ⋄"
        " top ⊤ bot ⊥ prime ′ degree ° ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ dotsc … dotsb ⋯ therefore ∴ because ∵"
        " checkmark ✓ colon : imath ı jmath ȷ lbrace { rbrace } lbrack [ rbrack ] backslash \\ vert | lvert | rvert |"
        " S § P ¶ copyright © pounds £ euro € sharp ♯ flat ♭ natural ♮ complement ∁ surd √ qedhere ∎ qed ∎"
    )
    | {
        "\\%": "%",
        "\\$": "$",
        "\\#": "#",
        "\\_": "_",
        "\\{": "{",
        "\\}": "}",
        "\\&": "&",
        "\\|": "‖",
        "-": "−",
        "'": "′",
    }
)
RELATIONS: Final = frozenset(_RELATIONS) | {"=", "<", ">"}
BINARY: Final = frozenset(_BINARY) | {"+", "-"}
BRACKETS: Final = _pairs(
    "langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lVert ‖ rVert ‖ Vert ‖ lgroup ( rgroup )"
)
#: Put behind the letter that they stand over or under.
ACCENTS: Final = {
    f"\\{name}": chr(code)
    for code, names in {
        0x0302: "hat widehat", 0x0303: "tilde widetilde", 0x0304: "bar", 0x0305: "overline", 0x0332: "underline",
        0x20D7: "vec overrightarrow", 0x0307: "dot", 0x0308: "ddot", 0x030C: "check", 0x0306: "breve", 0x0301: "acute",
        0x0300: "grave", 0x030A: "mathring", 0x0338: "not",
    }.items()
    for name in names.split()
}  # fmt: skip
_CAPITALS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Letters of other faces that Unicode has.
ALPHABETS: Final[dict[str, dict[str, str]]] = {
    "\\mathbb": dict(zip(_CAPITALS, "𝔸𝔹ℂ𝔻𝔼𝔽𝔾ℍ𝕀𝕁𝕂𝕃𝕄ℕ𝕆ℙℚℝ𝕊𝕋𝕌𝕍𝕎𝕏𝕐ℤ", strict=True)) | {"1": "𝟙"},
    "\\mathcal": dict(zip(_CAPITALS, "𝒜ℬ𝒞𝒟ℰℱ𝒢ℋℐ𝒥𝒦ℒℳ𝒩𝒪𝒫𝒬ℛ𝒮𝒯𝒰𝒱𝒲𝒳𝒴𝒵", strict=True)),
    "\\mathfrak": dict(zip(_CAPITALS, "𝔄𝔅ℭ𝔇𝔈𝔉𝔊ℌℑ𝔍𝔎𝔏𝔐𝔑𝔒𝔓𝔔ℜ𝔖𝔗𝔘𝔙𝔚𝔛𝔜ℨ", strict=True)),
}
ALPHABETS["\\mathscr"] = ALPHABETS["\\mathcal"]
ALPHABETS["\\Bbb"] = ALPHABETS["\\mathbb"]
