"""Questions about the course: access, lessons, certificates, payments."""

from typing import Final

from tg_pipeline.sample.intents import Intent

COURSE: Final = (
    Intent(
        (
            "como faço para emitir o certificado?",
            "onde baixo o certificado",
            "o certificado sai quando?",
            "terminei tudo e não achei o certificado",
        ),
        ("no menu Perfil, aba Certificados", "libera quando todas as aulas ficam marcadas"),
        ("how do I get the certificate?", "where can I download my certificate"),
        ("¿dónde descargo el certificado?", "¿cuándo sale el certificado?"),
    ),
    Intent(
        (
            "não consigo entrar na plataforma",
            "alguém mais está sem acesso à plataforma?",
            "a plataforma diz senha inválida, o que eu faço?",
            "meu login parou de funcionar",
        ),
        ("tenta redefinir a senha em Esqueci minha senha", "limpa o cache e entra de novo"),
        ("I can't log in, is the platform down?", "login keeps failing for me"),
        ("no puedo entrar en la plataforma", "¿alguien más sin acceso?"),
    ),
    Intent(
        (
            "que horas é a aula ao vivo hoje?",
            "a live de hoje é às 19h ou às 20h?",
            "qual o horário da aula ao vivo",
            "tem aula ao vivo hoje?",
        ),
        ("hoje às 20h, horário de Brasília", "é às 20h, o convite está no calendário"),
        ("what time is the live class today?",),
        ("¿a qué hora es la clase en vivo?",),
    ),
    Intent(
        (
            "a aula ao vivo fica gravada?",
            "onde vejo a gravação de ontem",
            "perdi a live, tem gravação?",
            "quando sobe a gravação?",
        ),
        ("sobe no dia seguinte, no mesmo módulo", "já está lá, na aba Gravações"),
        ("is the live class recorded?", "where is yesterday's recording"),
    ),
    Intent(
        (
            "até quando posso entregar o projeto final?",
            "qual o prazo do projeto",
            "o prazo do projeto foi adiado?",
        ),
        ("até o último domingo do mês", "o prazo continua o mesmo, dia 30"),
        ("what is the deadline for the final project?",),
        ("¿hasta cuándo puedo entregar el proyecto?",),
    ),
    Intent(
        (
            "dá para parcelar a próxima turma?",
            "em quantas vezes posso parcelar",
            "aceita boleto parcelado?",
        ),
        ("em até 12 vezes no cartão", "boleto só à vista, no cartão parcela"),
    ),
    Intent(
        (
            "como peço reembolso?",
            "quero cancelar e receber de volta, como faço",
            "qual o prazo para pedir reembolso?",
        ),
        ("até 7 dias depois da compra, pelo formulário", "responde o e-mail da compra pedindo"),
        ("how do I ask for a refund?",),
    ),
    Intent(
        ("vocês emitem nota fiscal?", "como peço a nota fiscal", "não recebi a nota fiscal"),
        ("chega por e-mail em 5 dias úteis", "confere o spam, ela vai com o recibo"),
    ),
    Intent(
        (
            "por quanto tempo tenho acesso às aulas?",
            "o acesso é vitalício?",
            "meu acesso acaba quando",
        ),
        ("um ano a partir da compra", "um ano, e dá para renovar com desconto"),
        ("how long do we keep access to the lessons?",),
    ),
    Intent(
        (
            "tem material em PDF?",
            "onde ficam os slides das aulas",
            "alguém tem os slides do módulo 2?",
        ),
        ("embaixo do vídeo, em Materiais", "na pasta do módulo, no final da página"),
        ("where are the slides?",),
        ("¿dónde están las diapositivas?",),
    ),
    Intent(
        ("o vídeo do módulo 3 não carrega", "só eu que estou com o vídeo travando?"),
        ("troca a qualidade para 720p que vai", "aqui foi só recarregar a página"),
        ("videos keep buffering, any fix?",),
    ),
    Intent(
        ("dá para ver as aulas no celular?", "tem aplicativo?", "como baixo a aula no celular"),
        ("tem aplicativo sim, na loja do celular", "abre pelo navegador que funciona bem"),
    ),
    Intent(
        ("o curso serve para quem nunca programou?", "precisa saber programar antes?"),
        ("serve, começa do zero", "o módulo 1 é para quem nunca programou"),
        ("is it ok for complete beginners?",),
        ("¿hace falta saber programar?",),
    ),
    Intent(
        ("quando abre a próxima turma?", "a turma 4 já tem data?", "vai ter turma nova este ano?"),
        ("a turma 4 abre no mês que vem", "ainda sem data, avisam no canal"),
    ),
    Intent(
        ("tem desconto para estudante?", "existe cupom para ex-aluno", "como uso o cupom?"),
        ("ex-aluno tem 20 %, pede para a monitora", "o cupom entra na última tela da compra"),
    ),
    Intent(
        ("posso trocar de turma?", "como faço para trocar de turma", "dá para pular uma turma?"),
        ("pode, uma vez, até a segunda semana", "manda mensagem para a coordenação"),
    ),
    Intent(
        ("quem corrige os exercícios?", "quanto demora a correção dos exercícios"),
        ("os monitores, em uns três dias", "corrige na hora, menos o projeto"),
    ),
    Intent(
        ("o certificado vale como horas complementares?", "quantas horas tem o curso?"),
        ("são 60 horas, a faculdade costuma aceitar", "vale, tem código de validação"),
    ),
    Intent(
        ("como mudo meu nome no certificado?", "meu nome saiu errado no certificado"),
        ("corrige no perfil e emite de novo", "edita o perfil antes de emitir"),
    ),
    Intent(
        ("tem grupo para procurar vaga?", "onde postam as vagas", "alguém sabe de vaga júnior?"),
        ("tem o tópico Vagas no grupo da turma", "toda sexta sai uma lista no canal"),
        ("is there a job board?",),
        ("¿hay un grupo de empleos?",),
    ),
)
