"""Names and default texts of the responses about a handover.

A conversation designer writes these responses in ``domain.yml``; the defaults are used for those
that a domain lacks. To add a language, add its table to ``_DEFAULTS``.
"""

from __future__ import annotations

from collections.abc import Mapping

from zendesk_handoff.domain.language import ENGLISH, language_of

STARTED = "utter_handoff_started"
FAILED = "utter_handoff_failed"
AGENT_JOINED = "utter_handoff_agent_joined"
ENDED = "utter_handoff_ended"
OFFER = "utter_handoff_offer"
NOT_PASSED_ON = "utter_handoff_not_passed_on"
DELAYED = "utter_handoff_delayed"
STILL_WAITING = "utter_handoff_waiting"
BACK_OFFER = "utter_handoff_back_offer"

_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        STARTED: "I have connected you with our team. Someone will be with you shortly.",
        FAILED: "I am sorry, I could not reach our team just now. I am still here to help.",
        AGENT_JOINED: "{agent_name} has joined the chat.",
        ENDED: (
            "The conversation with our team has ended, and I am back. "
            "Write to me to start a new conversation."
        ),
        OFFER: "Would you like to talk to a person?",
        NOT_PASSED_ON: "I could not pass on your last message. Please send it again.",
        DELAYED: (
            "I cannot reach our team at the moment. Your message is kept, "
            "and I will pass it on as soon as I can."
        ),
        STILL_WAITING: "You are still in the queue. Thank you for your patience.",
        BACK_OFFER: (
            "I am sorry that this takes so long. You can keep waiting, or write "
            "“back to the bot” and go on with me."
        ),
    },
    "de": {
        STARTED: "Ich habe Sie mit unserem Team verbunden. Gleich ist jemand für Sie da.",
        FAILED: "Leider konnte ich unser Team gerade nicht erreichen. Ich helfe gern weiter.",
        AGENT_JOINED: "{agent_name} ist jetzt im Chat.",
        ENDED: (
            "Das Gespräch mit unserem Team ist beendet, ich bin wieder da. "
            "Schreiben Sie mir, um ein neues Gespräch zu beginnen."
        ),
        OFFER: "Möchten Sie mit einem Menschen sprechen?",
        NOT_PASSED_ON: (
            "Ihre letzte Nachricht konnte ich nicht weitergeben. Bitte senden Sie sie noch einmal."
        ),
        DELAYED: (
            "Unser Team ist gerade nicht erreichbar. Ihre Nachricht ist aufgehoben, "
            "und ich gebe sie weiter, sobald es geht."
        ),
        STILL_WAITING: "Sie sind noch in der Warteschlange. Danke für Ihre Geduld.",
        BACK_OFFER: (
            "Es tut mir leid, dass es so lange dauert. Sie können weiter warten, oder Sie "
            "schreiben „zurück zum Bot“ und machen mit mir weiter."
        ),
    },
    "es": {
        STARTED: "Le he puesto en contacto con nuestro equipo. Enseguida le atenderán.",
        FAILED: "Lo siento, ahora no he podido contactar con nuestro equipo. Sigo aquí.",
        AGENT_JOINED: "{agent_name} se ha unido al chat.",
        ENDED: (
            "La conversación con nuestro equipo ha terminado y vuelvo a estar aquí. "
            "Escríbame para empezar una nueva conversación."
        ),
        OFFER: "¿Quiere hablar con una persona?",
        NOT_PASSED_ON: "No he podido transmitir su último mensaje. Envíelo de nuevo, por favor.",
        DELAYED: (
            "Ahora mismo no consigo contactar con nuestro equipo. Su mensaje está guardado "
            "y se lo haré llegar en cuanto pueda."
        ),
        STILL_WAITING: "Sigue en la cola. Gracias por su paciencia.",
        BACK_OFFER: (
            "Siento que tarde tanto. Puede seguir esperando o escribir "
            "«volver al bot» para continuar conmigo."
        ),
    },
}


def default_response(name: str, locale: str | None = None, **values: str) -> str:
    """Return the default text of a response.

    Args:
        name: ``utter_handoff_…``.
        locale: The user's language, as a BCP 47 tag; English if it has no table.
        **values: The values of the placeholders: ``agent_name``.
    """
    text = _DEFAULTS.get(language_of(locale), _DEFAULTS[ENGLISH])[name]
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return text
