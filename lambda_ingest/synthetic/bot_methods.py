"""The names of the Bot API's methods, as Telegram writes them. Standard library only.

https://core.telegram.org/bots/api#available-methods (version 10.3)
"""

from typing import Final

_METHODS: Final = """
addStickerToSet answerCallbackQuery answerChatJoinRequestQuery answerGuestQuery answerInlineQuery
answerPreCheckoutQuery answerShippingQuery answerWebAppQuery approveChatJoinRequest
approveSuggestedPost banChatMember banChatSenderChat close closeForumTopic closeGeneralForumTopic
convertGiftToStars copyMessage copyMessages createChatInviteLink createChatSubscriptionInviteLink
createForumTopic createInvoiceLink createNewStickerSet declineChatJoinRequest declineSuggestedPost
deleteBusinessMessages deleteChatPhoto deleteChatStickerSet deleteForumTopic deleteMessage
deleteMessages deleteMyCommands deleteStickerFromSet deleteStickerSet deleteStory deleteWebhook
editChatInviteLink editChatSubscriptionInviteLink editForumTopic editGeneralForumTopic
editMessageCaption editMessageChecklist editMessageLiveLocation editMessageMedia
editMessageReplyMarkup editMessageText editStory editUserStarSubscription exportChatInviteLink
forwardMessage forwardMessages giftPremiumSubscription hideGeneralForumTopic leaveChat logOut
pinChatMessage postStory promoteChatMember readBusinessMessage refundStarPayment
removeBusinessAccountProfilePhoto removeChatVerification removeMyProfilePhoto
removeUserVerification reopenForumTopic reopenGeneralForumTopic replaceManagedBotToken
replaceStickerInSet repostStory restrictChatMember revokeChatInviteLink
savePreparedInlineMessage savePreparedKeyboardButton sendAnimation sendAudio sendChatAction
sendChecklist sendContact sendDice sendDocument sendGame sendGift sendInvoice sendLivePhoto
sendLocation sendMediaGroup sendMessage sendMessageDraft sendPaidMedia sendPhoto sendPoll
sendRichMessage sendRichMessageDraft sendSticker sendVenue sendVideo sendVideoNote sendVoice
setBusinessAccountBio setBusinessAccountGiftSettings setBusinessAccountName
setBusinessAccountProfilePhoto setBusinessAccountUsername setChatAdministratorCustomTitle
setChatDescription setChatMemberTag setChatMenuButton setChatPermissions setChatPhoto
setChatStickerSet setChatTitle setCustomEmojiStickerSetThumbnail setGameScore setMessageReaction
setMyCommands setMyDefaultAdministratorRights setMyDescription setMyName setMyProfilePhoto
setMyShortDescription setPassportDataErrors setStickerEmojiList setStickerKeywords
setStickerMaskPosition setStickerPositionInSet setStickerSetThumbnail setStickerSetTitle
setUserEmojiStatus setWebhook stopMessageLiveLocation stopPoll transferBusinessAccountStars
transferGift unbanChatMember unbanChatSenderChat unhideGeneralForumTopic
unpinAllChatMessages unpinAllForumTopicMessages unpinAllGeneralForumTopicMessages
unpinChatMessage upgradeGift uploadStickerFile verifyChat verifyUser
"""

_BY_LOWER_CASE: Final = {name.lower(): name for name in _METHODS.split()}

_READS: Final = "get"


def canonical_name(method: str) -> str:
    """Return a method's name as Telegram writes it; as it is given if it is not known.

    Telegram does not distinguish upper and lower case in it.
    https://core.telegram.org/bots/api#making-requests
    """
    return _BY_LOWER_CASE.get(method.lower(), method)


def only_reads(method: str) -> bool:
    """Return whether a method changes nothing: the names of all of these begin with get."""
    return method.lower().startswith(_READS)
