/**
 * Tokens, headers, Login and ID-token checks for Vipps MobilePay partners.
 *
 * Not an official Vipps MobilePay product.
 *
 * @module vipps-partner-auth
 */

export type { AxiosLike } from './axios.js'
export {
  Backchannel,
  PendingLogin,
  type BackchannelOptions,
  type BackchannelState,
} from './backchannel.js'
export { IdTokenClaims, IdTokenVerifier, type Expect, type VerifierOptions } from './claims.js'
export { ManualClock } from './clock.js'
export type { DoctorFinding, DoctorOptions, DoctorReport } from './doctor.js'
export {
  VippsAuthError,
  type IdTokenCheck,
  type VippsAuthErrorCode,
  type VippsAuthErrorDetails,
  type VippsAuthReason,
} from './errors.js'
export type { VippsAuthEvent } from './events.js'
export type { AuthHeaders } from './headers.js'
export { PartnerKeys, PspKeys, SalesUnitKeys, SpecializedKeys, type Keys, type StandardKeys, type Variables } from './keys.js'
export type { CallOptions } from './later.js'
export {
  APP_AUTH,
  Login,
  LoginRequest,
  LoginResult,
  LoginToken,
  UnverifiedConsentRevoked,
  Userinfo,
  type Address,
  type Agreement,
  type FlowElement,
  type FlowLink,
  type FlowResult,
  type FlowScreen,
  type LoginOptions,
} from './login.js'
export { NotSentError, TransportRequest, type TokenCache, type Transport, type TransportReply } from './own.js'
export { Merchant, Partner, type Authorization, type Caller, type PartnerOptions, type Stats } from './partner.js'
export type {
  CheckFinding,
  MerchantCheck,
  SalesUnit,
  SalesUnitChanges,
  SalesUnitStatus,
} from './sales-units.js'
export {
  environment,
  fitSystemValue,
  msn,
  systemHeaders,
  type Environment,
  type Settings,
  type SystemInfo,
} from './settings.js'
export { AccessToken } from './token.js'
export type { UndiciInterceptor } from './undici.js'
export {
  BackchannelPing,
  VerifiedWebhook,
  WebhookVerifier,
  type WebhookBody,
  type WebhookHeaders,
  type WebhookOptions,
  type WebhookSecrets,
} from './webhook.js'
