"""The small coin of a chat: greetings, thanks, small talk, words around a question."""

from typing import Final

OPENERS: Final = ("", "", "", "", "oi pessoal, ", "gente, ", "boa tarde! ", "dúvida: ", "bom dia, ")
CLOSERS: Final = ("", "", "", "", "", "", " 🙏", " alguém sabe", " 😅", " obrigado desde já")
"""What is put before and after a question; mostly nothing."""

AGAIN: Final = ("alguém? ", "subindo: ", "pessoal, ainda na dúvida, ", "up 👆 ", "de novo: ")

HELPFUL: Final = ("", "", "", "acho que ", "aqui ", "então, ", "opa, ")

THANKS: Final = {
    "pt": (
        "valeu",
        "valeu!!",
        "obrigado",
        "obrigada 🙏",
        "funcionou, valeu demais",
        "deu certo, obrigado",
        "era isso mesmo, obrigada",
        "show, resolvido",
        "vlw",
    ),
    "en": ("thanks", "thanks, that worked", "ty!", "got it, thank you"),
    "es": ("gracias", "mil gracias", "ya funciona, gracias"),
}

SMALL_TALK: Final = (
    "bom dia, turma",
    "boa noite pessoal",
    "bom dia ☀️",
    "alguém estudando a essa hora?",
    "kkkkkk",
    "kkkk verdade",
    "hoje rende",
    "terminei o módulo 2 🎉",
    "finalmente entendi isso",
    "semana corrida por aqui",
    "a aula de ontem foi muito boa",
    "bora estudar",
    "café e SQL ☕",
    "sim",
    "não",
    "concordo",
    "aqui também",
    "exatamente 👏👏",
    "parabéns!!",
    "😂😂",
    "😅",
    "eu também fiquei com essa dúvida",
    "amanhã tento de novo",
    "que chuva em SP hoje",
    "boa sorte a todos no projeto",
    "good morning everyone",
    "nice one 👌",
    "agree",
    "buenos días a todos",
    "jajaja",
    "a correção do exercício 7 ficou ótima, recomendo fazer sem olhar a resposta antes",
    "hoje consegui rodar tudo de ponta a ponta pela primeira vez, que sensação boa 🚀",
)

EDIT_TAILS: Final = (" (no Windows)", " (turma 3)", " *corrigido", "...", " 🙂", " (módulo 2)")
"""What people add when they correct a message."""

CAPTIONS: Final = (
    "meu resultado",
    "o erro é esse aqui",
    "print da tela",
    "olhem o gráfico 📊",
    "assim está certo?",
    "here is my dashboard",
)
