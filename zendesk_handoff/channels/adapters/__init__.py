"""One adapter for each of Rasa's channels."""

from __future__ import annotations

from collections.abc import Mapping

#: Adapters by the class of channels that each is for. They are imported when they are needed, since
#: the libraries of the platforms are slow to import.
ADAPTERS: Mapping[str, str] = {
    f"rasa.core.channels.{channel}": f"{__name__}.{adapter}"
    for channel, adapter in (
        ("rest.RestInput", "pull.RestAdapter"),
        ("console.CmdlineInput", "pull.RestAdapter"),
        ("hangouts.HangoutsInput", "hangouts.HangoutsAdapter"),
        ("callback.CallbackInput", "callback.CallbackAdapter"),
        ("slack.SlackInput", "slack.SlackAdapter"),
        ("telegram.TelegramInput", "telegram.TelegramAdapter"),
        ("facebook.FacebookInput", "facebook.FacebookAdapter"),
        ("twilio.TwilioInput", "twilio.make_adapter"),
        ("mattermost.MattermostInput", "mattermost.MattermostAdapter"),
        ("botframework.BotFrameworkInput", "botframework.BotFrameworkAdapter"),
        ("webexteams.WebexTeamsInput", "webexteams.WebexTeamsAdapter"),
        ("rocketchat.RocketChatInput", "rocketchat.RocketChatAdapter"),
        ("socketio.SocketIOInput", "socketio.SocketIOAdapter"),
        ("voice_stream.voice_channel.VoiceInputChannel", "voice.VoiceAdapter"),
        ("voice_ready.audiocodes.AudiocodesInput", "voice.VoiceAdapter"),
        ("voice_ready.jambonz.JambonzVoiceReadyInput", "voice.VoiceAdapter"),
        ("voice_ready.twilio_voice.TwilioVoiceInput", "voice.VoiceAdapter"),
        ("vier_cvg.CVGInput", "voice.VoiceAdapter"),
    )
}
