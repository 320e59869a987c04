"""Intents of third-party sets by their names: small talk, requests, and what is not labelled."""

from typing import Final

SMALL_TALK: Final = frozenset(
    """
    afirmar afirmacao_botao affirm aceitar agradecer agradecimento appreciation are_you_a_bot
    bot_challenge chitchat_eres_ia chitchat_quien_tecreo chitchat_te_puedo_llamar como_estas
    como_estou criticism cumprimentar definicao_tais deny despedidas despedir do_you_have_pets
    elogios goodbye gracias greet greeting greetings_day how_old_are_you insultos maybe me_llamo
    mood_great mood_unhappy negacao_botao negar negar_despedir no piada presence quem_criou_a_tais
    quien_soy recusar risada saber_criador saludos saudar tell_joke thank_you thanks triste
    tudo_bem what_are_your_hobbies what_is_your_name where_are_you_from who_made_you yes
    """.split()
)
"""Greetings, thanks, yes and no, praise, moods, and questions about the bot itself."""

UNLABELLED: Final = frozenset(
    """
    none no_nodes_detected no_relacionado oos out_of_scope palavrachave usuario_curioso botao
    bff comida cor de_onde_voce_eh diga_mais esporte filhos filme genero historia hobby license
    linguagens me onde_voce_mora playlist relationship religiao time
    """.split()
)
"""Either may be in them: texts that belong nowhere, and small talk that asks for something."""


def is_small_talk(intent: str) -> bool | None:
    """Return whether an intent is small talk; None if its name does not tell."""
    name = intent.lower()
    return None if name in UNLABELLED else name in SMALL_TALK
